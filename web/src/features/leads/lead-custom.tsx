import { useLeadActions } from '@/features/leads/actions'
import { customTyped, customValue } from '@/features/leads/custom'
import { Part, PickedFact, Row, TypedFact } from '@/features/leads/fact-fields'
import type { Lead, LeadField, Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'

type Props = { lead: Lead; mayWrite: boolean }

/** The pipeline's own fields: all of them to whoever may fill them in, those that say something to others. */
export function Custom({ lead, pipeline, mayWrite }: Props & { pipeline: Pipeline }) {
  const t = useT()
  const shown = pipeline.fields.filter(field => field.is_active && (mayWrite || lead.custom[field.key] !== undefined))
  if (shown.length === 0) return null
  const text = (value: unknown) => (typeof value === 'boolean' ? t(value ? 'common.yes' : 'common.no') : String(value))
  return (
    <Part title={t('lead.fields')}>
      <dl className="grid grid-cols-[112px_1fr] gap-x-2 gap-y-1.5">
        {shown.map(field => (
          <Row key={field.key} name={field.label}>
            {mayWrite ? <CustomFact lead={lead} field={field} /> : <span className="break-words">{text(lead.custom[field.key])}</span>}
          </Row>
        ))}
      </dl>
    </Part>
  )
}

function CustomFact({ lead, field }: { lead: Lead; field: LeadField }) {
  const t = useT()
  const { keep } = useLeadActions()
  const before = lead.custom[field.key] ?? null
  const shared = {
    label: field.label,
    field: `custom.${field.key}`,
    value: customTyped(before),
    keep: (text: string) => keep(lead, { wanted: { custom: { [field.key]: customValue(field.kind, text) } } }, { wanted: { custom: { [field.key]: before } } }),
  }
  const nothing = { value: '', label: '–' }
  switch (field.kind) {
    case 'bool':
      return <PickedFact {...shared} choices={[nothing, { value: 'true', label: t('common.yes') }, { value: 'false', label: t('common.no') }]} />
    case 'choice': {
      const options = field.options.includes(shared.value) || !shared.value ? field.options : [...field.options, shared.value]
      return <PickedFact {...shared} choices={[nothing, ...options.map(option => ({ value: option, label: option }))]} />
    }
    case 'date':
      return <TypedFact {...shared} type="date" />
    default:
      return <TypedFact {...shared} decimal={field.kind === 'number'} />
  }
}
