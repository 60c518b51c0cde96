import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { eraseContact, fetchErasure } from '@/lib/api/contacts'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import type { ContactDetail } from '@/lib/api/types'
import { number, tnOr, useT } from '@/lib/i18n'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Failed, FormError, Skeleton } from '@/ui/states'

/** Says what goes for good, and does it only for who types the exact name. */
export function EraseDialog({ person, onOpenChange }: { person: ContactDetail; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const { refreshAll } = usePersonActions()
  const [typed, setTyped] = useState('')
  const look = useQuery({ queryKey: keys.erasure(person.id), queryFn: ({ signal }) => fetchErasure(person.id, signal), staleTime: 0 })
  const erase = useMutation({
    mutationFn: () => eraseContact(person.id, typed.trim()),
    onSuccess: () => {
      toast(t('erase.said'))
      onOpenChange(false)
    },
    onSettled: refreshAll,
  })
  const fault = erase.error instanceof Problem ? erase.error.field('confirm') : undefined
  const counts = look.data?.counts.filter(one => one.count > 0) ?? []
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('erase.title', { name: person.name })} description={t('erase.text')} stays>
      {look.isError && <Failed error={look.error} retry={() => void look.refetch()} />}
      {look.isPending && <Skeleton className="h-32" />}
      {look.data && (
        <form
          className="space-y-4"
          onSubmit={event => {
            event.preventDefault()
            erase.mutate()
          }}
        >
          <div>
            <h3 className="mb-1 font-medium">{t('erase.what')}</h3>
            <ul className="list-disc pl-5">
              {counts.map(({ what, count }) => <li key={what}>{tnOr(`erase.what.${what}`, count) ?? `${number(count)} ${what.replaceAll('_', ' ')}`}</li>)}
            </ul>
            <p className="mt-2 text-mute">{t('erase.stays')}</p>
          </div>
          {erase.error && !fault && <FormError>{erase.error.message}</FormError>}
          <Field
            label={t('erase.confirm', { name: look.data.name })}
            autoComplete="off"
            autoFocus
            value={typed}
            error={fault && t('erase.mismatch')}
            onChange={event => setTyped(event.target.value)}
          />
          <div className="flex justify-end gap-2">
            <Button size="md" onClick={() => onOpenChange(false)}>{t('common.cancel')}</Button>
            <Button size="md" variant="danger" type="submit" disabled={erase.isPending || typed.trim() !== look.data.name.trim()}>{t('erase.submit')}</Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
