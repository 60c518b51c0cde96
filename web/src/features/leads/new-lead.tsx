import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { customValue } from '@/features/leads/custom'
import { usePipeline } from '@/features/leads/queries'
import { useSources } from '@/features/leads/sources'
import { keys } from '@/lib/api/keys'
import { createLead } from '@/lib/api/leads'
import { Problem } from '@/lib/api/problem'
import type { LeadField } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { minorUnits } from '@/lib/money'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { SelectField, TextArea, Field } from '@/ui/field'
import { FormError } from '@/ui/states'

/** A lead by hand. Who has one of the addresses already is found, not made a second time. */
export function NewLeadDialog({ pipelineId, onOpenChange }: { pipelineId: number | undefined; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
  const navigate = useNavigate()
  const { pipelines, pipeline: first } = usePipeline(pipelineId)
  const { sources } = useSources()
  const [chosen, setChosen] = useState<number | undefined>(undefined)
  const pipeline = pipelines.find(p => p.id === chosen) ?? first
  const [fields, setFields] = useState({ name: '', phone: '', email: '', source: '', value: '', notes: '', student: '', grade: '' })
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  const [custom, setCustom] = useState<Record<string, string>>({})
  // What may wait is filled in on the lead's page.
  const asked = pipeline?.fields.filter(field => field.is_active && field.is_required) ?? []
  const value = minorUnits(fields.value, pipeline?.currency ?? 'USD')
  const make = useMutation({
    mutationFn: () =>
      createLead({
        name: fields.name || undefined,
        phone: fields.phone || undefined,
        email: fields.email || undefined,
        source: fields.source || undefined,
        notes: fields.notes || undefined,
        pipeline_id: pipeline?.id,
        value: value ?? undefined,
        custom: asked.length > 0 ? Object.fromEntries(asked.map(field => [field.key, customValue(field.kind, custom[field.key] ?? '')])) : undefined,
        students: fields.student ? [{ name: fields.student, grade_applying_for: fields.grade || null }] : [],
      } as Parameters<typeof createLead>[0]),
    onSuccess: lead => {
      void client.invalidateQueries({ queryKey: keys.leads })
      onOpenChange(false)
      void navigate({ to: '/leads/$lead', params: { lead: String(lead.id) } })
    },
  })
  const problem = make.error instanceof Problem ? make.error : null
  const fault = (name: string) => problem?.field(name)
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('lead.new')} stays>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          make.mutate()
        }}
      >
        {pipelines.length > 1 && (
          <SelectField label={t('lead.pipeline')} value={pipeline?.id ?? ''} onChange={e => setChosen(Number(e.target.value))}>
            {pipelines.map(p => <option key={p.id} value={p.id}>{p.name}</option>)}
          </SelectField>
        )}
        <Field label={t('lead.name')} value={fields.name} maxLength={200} error={fault('name')} onChange={e => set({ name: e.target.value })} />
        <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
          <Field label={t('lead.phone')} type="tel" value={fields.phone} error={fault('phone')} onChange={e => set({ phone: e.target.value })} />
          <Field label={t('lead.email')} type="email" value={fields.email} error={fault('email')} onChange={e => set({ email: e.target.value })} />
          <SelectField label={t('lead.source')} value={fields.source || sources[0]?.key} error={fault('source')} onChange={e => set({ source: e.target.value })}>
            {sources.map(source => <option key={source.key} value={source.key}>{source.name}</option>)}
          </SelectField>
          <Field
            label={t('lead.value', { currency: pipeline?.currency ?? '' })}
            inputMode="decimal"
            value={fields.value}
            error={value === undefined ? t('lead.noAmount') : fault('value')}
            onChange={e => set({ value: e.target.value })}
          />
          {pipeline?.has_students && (
            <>
              <Field label={t('lead.student')} value={fields.student} maxLength={200} error={fault('students.0.name')} onChange={e => set({ student: e.target.value })} />
              <Field label={t('lead.grade')} value={fields.grade} maxLength={60} error={fault('students.0.grade_applying_for')} onChange={e => set({ grade: e.target.value })} />
            </>
          )}
        </div>
        {asked.length > 0 && (
          <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
            {asked.map(field => (
              <RequiredField key={field.key} field={field} value={custom[field.key] ?? ''} error={fault(`custom.${field.key}`)} set={text => setCustom(old => ({ ...old, [field.key]: text }))} />
            ))}
          </div>
        )}
        <TextArea label={t('lead.notes')} value={fields.notes} maxLength={20_000} onChange={e => set({ notes: e.target.value })} />
        {make.error && <FormError>{make.error.message}</FormError>}
        <Button type="submit" variant="solid" size="md" disabled={make.isPending || value === undefined}>{t('lead.create')}</Button>
      </form>
    </Dialog>
  )
}

/** A field that the pipeline asks of every new lead. */
function RequiredField({ field, value, error, set }: { field: LeadField; value: string; error: string | undefined; set: (text: string) => void }) {
  const t = useT()
  const shared = { label: field.label, value, error, 'aria-required': true }
  if (field.kind === 'choice' || field.kind === 'bool') {
    const choices = field.kind === 'choice' ? field.options.map(one => [one, one]) : [['true', t('common.yes')], ['false', t('common.no')]]
    return (
      <SelectField {...shared} onChange={e => set(e.target.value)}>
        <option value="">–</option>
        {choices.map(([one, label]) => <option key={one} value={one}>{label}</option>)}
      </SelectField>
    )
  }
  return <Field {...shared} type={field.kind === 'date' ? 'date' : 'text'} inputMode={field.kind === 'number' ? 'decimal' : undefined} maxLength={2000} onChange={e => set(e.target.value)} />
}
