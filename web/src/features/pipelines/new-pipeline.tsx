import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keyOf } from '@/features/pipelines/draft'
import { keys } from '@/lib/api/keys'
import { createPipeline } from '@/lib/api/pipelines'
import { Problem } from '@/lib/api/problem'
import type { NewPipeline, Pipeline } from '@/lib/api/types'
import { t as say, useT } from '@/lib/i18n'
import { toast } from '@/lib/toast'
import { Field, SelectField } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

type Props = { pipelines: Pipeline[]; onMade: (made: Pipeline) => void; onOpenChange: (open: boolean) => void }

/** A pipeline from scratch, or like another one. */
export function NewPipelineDialog({ pipelines, onMade, onOpenChange }: Props) {
  const t = useT()
  const client = useQueryClient()
  const [form, setForm] = useState({ name: '', currency: pipelines.find(one => one.is_default)?.currency ?? 'USD', like: '' })
  const like = pipelines.find(one => String(one.id) === form.like)
  const key = keyOf(form.name, pipelines.map(one => one.key), 'pipeline')
  const make = useMutation({
    mutationFn: () => createPipeline({ ...(like ? copyOf(like) : begun()), key, name: form.name.trim(), currency: form.currency }),
    onSuccess: made => {
      client.setQueryData<Pipeline[]>(keys.pipelines, old => [...(old ?? []), made])
      void client.invalidateQueries({ queryKey: keys.pipelines })
      toast(t('setup.said.made', { name: made.name }))
      onOpenChange(false)
      onMade(made)
    },
  })
  const problem = make.error instanceof Problem ? make.error : null
  return (
    <FormDialog title={t('setup.newPipeline')} description={t('setup.newPipelineText')} submit={t('setup.make')} error={make.error} isPending={make.isPending} onSubmit={() => make.mutate()} onOpenChange={onOpenChange}>
      <Field
        label={t('setup.name')} required maxLength={100} value={form.name} hint={form.name.trim() && t('setup.keyWillBe', { key })} error={problem?.field('name') ?? problem?.field('key')}
        onChange={e => setForm({ ...form, name: e.target.value })}
      />
      <SelectField label={t('setup.beginWith')} value={form.like} onChange={e => setForm({ ...form, like: e.target.value, currency: pipelines.find(one => String(one.id) === e.target.value)?.currency ?? form.currency })}>
        <option value="">{t('setup.fromScratch')}</option>
        {pipelines.map(one => <option key={one.id} value={one.id}>{t('setup.like', { name: one.name })}</option>)}
      </SelectField>
      <Field
        label={t('setup.currency')} required maxLength={3} value={form.currency} hint={t('setup.currencyHint')} error={problem?.field('currency')} autoCapitalize="characters"
        onChange={e => setForm({ ...form, currency: e.target.value.toUpperCase() })}
      />
    </FormDialog>
  )
}

type Body = Omit<NewPipeline, 'key' | 'name' | 'currency'>

/** The least that is of use. */
const begun = (): Body => ({
  stages: [
    { key: 'new', name: say('setup.first.new'), kind: 'open', sla_hours: 24, follow_ups: [] },
    { key: 'contacted', name: say('setup.first.contacted'), kind: 'open', sla_hours: 72, follow_ups: [] },
    { key: 'won', name: say('setup.kind.won'), kind: 'won', sla_hours: null, follow_ups: [] },
    { key: 'lost', name: say('setup.kind.lost'), kind: 'lost', sla_hours: null, follow_ups: [] },
  ],
})

const copyOf = (like: Pipeline): Body => ({
  has_students: like.has_students,
  business_hours_id: like.business_hours_id,
  dispositions: like.dispositions,
  checklist: like.checklist,
  lost_reasons: like.lost_reasons,
  stages: like.stages.filter(one => one.is_active).map(({ key, name, kind, sla_hours, follow_ups }) => ({ key, name, kind, sla_hours, follow_ups })),
  fields: like.fields.filter(one => one.is_active).map(({ key, label, kind, options, is_required, is_filterable }) => ({ key, label, kind, options, is_required, is_filterable })),
})
