import { useState } from 'react'
import { Problem } from '@/lib/api/problem'
import { useT } from '@/lib/i18n'
import { Field } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

type Props = { title: string; first: string; error: Error | null; isPending: boolean; keep: (name: string) => void; onOpenChange: (open: boolean) => void }

/** What a view is called. */
export function ViewNameDialog({ title, first, error, isPending, keep, onOpenChange }: Props) {
  const t = useT()
  const [name, setName] = useState(first)
  return (
    <FormDialog title={title} submit={t('common.save')} error={error} isPending={isPending || !name.trim()} onSubmit={() => keep(name.trim())} onOpenChange={onOpenChange}>
      <Field label={t('lead.name')} required maxLength={100} value={name} error={error instanceof Problem ? error.field('name') : undefined} onChange={e => setName(e.target.value)} />
    </FormDialog>
  )
}
