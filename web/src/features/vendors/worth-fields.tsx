import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { currencyOf, type Worth } from '@/features/vendors/worth'
import { leadSettingsQuery } from '@/lib/api/leads'
import type { Problem } from '@/lib/api/problem'
import type { Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { minorUnits } from '@/lib/money'
import { Field, SelectField } from '@/ui/field'

type Props = {
  worth: Worth
  set: (change: Partial<Worth>) => void
  pipelines: Pipeline[]
  problem: Problem | null
  /** Whether the pipeline may be left to the desk. */
  mayDefault?: boolean
}

/** Where the leads go, what is said of where they come from, and what one is worth. */
export function WorthFields({ worth, set, pipelines, problem, mayDefault }: Props) {
  const t = useT()
  const known = useId()
  const settings = useQuery(leadSettingsQuery)
  const currency = currencyOf(pipelines, worth.pipeline_id)
  const isAmount = minorUnits(worth.value, currency) !== undefined
  return (
    <>
      <SelectField
        label={t('vendor.pipeline')} value={worth.pipeline_id ?? ''} error={problem?.field('pipeline_id')}
        onChange={e => set({ pipeline_id: Number(e.target.value) || null })}
      >
        {mayDefault && <option value="">{t('vendor.defaultPipeline')}</option>}
        {pipelines.filter(one => one.is_active || one.id === worth.pipeline_id).map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
      </SelectField>
      <Field
        label={t('vendor.source')} required maxLength={60} list={known} value={worth.source} error={problem?.field('source')}
        onChange={e => set({ source: e.target.value })}
      />
      <datalist id={known}>{settings.data?.sources.map(one => <option key={one.key} value={one.key}>{one.name}</option>)}</datalist>
      <Field
        label={t('vendor.value', { currency })} inputMode="decimal" value={worth.value}
        error={isAmount ? problem?.field('lead_value') : t('vendor.noAmount')} onChange={e => set({ value: e.target.value })}
      />
    </>
  )
}
