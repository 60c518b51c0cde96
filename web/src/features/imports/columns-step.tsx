import { ArrowRight, TriangleAlert } from 'lucide-react'
import { faultAt, fieldName } from '@/features/imports/labels'
import { choose, forPipeline, GROUPS, isOwn, lacking, letters, mayRepeat, samples, tellsWho } from '@/features/imports/mapping'
import type { PlanState } from '@/features/imports/queries'
import type { Import, Pipeline } from '@/lib/api/types'
import { number, t as say, useT } from '@/lib/i18n'
import { cn } from '@/ui/cn'
import { SelectField } from '@/ui/field'
import { FormError } from '@/ui/states'

type Props = { one: Import; plan: PlanState; pipelines: Pipeline[]; pipeline: Pipeline | undefined }

/** What each column of the table becomes. */
export function ColumnsStep({ one, plan, pipelines, pipeline }: Props) {
  const t = useT()
  const { mapping, options, change, problem } = plan
  const mapped = Object.keys(mapping).length
  const needed = pipeline ? lacking(mapping, pipeline, options.duplicates) : []
  const setPipeline = (id: number) => {
    const next = pipelines.find(other => other.id === id)
    if (next) change(now => ({ mapping: forPipeline(now.mapping, one.headers, next), options: { ...now.options, pipeline_id: id, status: null, reason: null } }))
  }
  return (
    <div className="space-y-4">
      {pipelines.length > 1 && (
        <div className="max-w-xs">
          <SelectField label={t('import.pipeline')} value={pipeline?.id ?? ''} error={faultAt(problem, 'options.pipeline_id')} onChange={event => setPipeline(Number(event.target.value))}>
            {pipelines.map(other => <option key={other.id} value={other.id}>{other.name}</option>)}
          </SelectField>
        </div>
      )}
      <p aria-live="polite" className="text-mute">
        {t('import.mapped', { n: mapped, all: one.headers.length })}
        {mapped < one.headers.length && ` ${t('import.leftOut')}`}
      </p>
      {!tellsWho(mapping) && <FormError>{t('import.fault.mapping.required')}</FormError>}
      {needed.length > 0 && (
        <p role="status" className="flex items-start gap-2 rounded-md bg-warn/10 px-3 py-2 text-warn">
          <TriangleAlert size={15} className="mt-0.5 shrink-0" aria-hidden />
          <span>{t('import.lacking', { fields: needed.map(field => field.label).join(', ') })}</span>
        </p>
      )}
      <ul aria-label={t('import.columns')} className="divide-y rounded-xl border bg-panel">
        {one.headers.map((header, column) => (
          <Column key={column} one={one} column={column} header={header} plan={plan} />
        ))}
      </ul>
      <FirstRows one={one} />
    </div>
  )
}

function Column({ one, column, header, plan }: { one: Import; column: number; header: string; plan: PlanState }) {
  const t = useT()
  const { mapping, change, problem } = plan
  const field = mapping[String(column)] ?? ''
  const name = header || t('import.columnOf', { letter: letters(column) })
  const values = samples(one.sample, column)
  const error = faultAt(problem, `mapping.${column}`)
  const own = one.fields.filter(other => isOwn(other.key))
  const elsewhere = (key: string) => {
    if (mayRepeat(key)) return ''
    const other = Object.keys(mapping).map(Number).find(n => n !== column && mapping[String(n)] === key)
    return other === undefined ? '' : ` (${one.headers[other] || letters(other)})`
  }
  // What another column is cannot be chosen: letters typed on a select would take it away in passing.
  const option = (key: string) => {
    const taken = elsewhere(key)
    return <option key={key} value={key} disabled={taken !== ''}>{fieldName(key, one.fields)}{taken}</option>
  }
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_16px_220px] items-center gap-x-3 gap-y-1.5 px-4 py-2.5 max-sm:grid-cols-1">
      <div className={cn('min-w-0', field === '' && 'text-mute')}>
        <p className="flex items-baseline gap-2">
          <span className="truncate font-medium">{name}</span>
          {header !== '' && <span className="shrink-0 text-[11px] text-mute">{letters(column)}</span>}
        </p>
        <p className="truncate text-xs text-mute">{values.length > 0 ? values.join(' · ') : t('import.noValues')}</p>
      </div>
      <ArrowRight size={14} className={cn('max-sm:hidden', field === '' ? 'text-mute opacity-40' : 'text-accent')} aria-hidden />
      <div>
        <select
          aria-label={t('import.becomes', { name })}
          aria-invalid={error ? true : undefined}
          value={field}
          onChange={event => change(now => ({ mapping: choose(now.mapping, column, event.target.value) }))}
          className={cn('h-9 w-full rounded-md border border-edge bg-panel px-2.5 pr-7 aria-invalid:border-danger', field === '' && 'border-dashed text-mute')}
        >
          <option value="">{t('import.not')}</option>
          {GROUPS.map(({ group, fields }) => (
            <optgroup key={group} label={t(`import.group.${group}`)}>{fields.map(option)}</optgroup>
          ))}
          {own.length > 0 && <optgroup label={t('import.group.own')}>{own.map(other => option(other.key))}</optgroup>}
        </select>
        {error && <p className="mt-1 text-xs text-danger">{error}</p>}
      </div>
    </li>
  )
}

/** The table as it was read: whoever sees odd letters here knows why. */
function FirstRows({ one }: { one: Import }) {
  return (
    <details className="rounded-xl border bg-panel">
      <summary className="cursor-pointer rounded-xl px-4 py-2.5 font-medium">{say('import.firstRows')}</summary>
      <div className="relative overflow-x-auto border-t" tabIndex={0} role="region" aria-label={say('import.firstRows')}>
        <table className="text-left text-xs">
          <thead className="text-mute">
            <tr>
              <th scope="col" className="px-3 py-1.5 font-medium">{say('import.row')}</th>
              {one.headers.map((header, column) => <th key={column} scope="col" className="px-3 py-1.5 font-medium whitespace-nowrap">{header || letters(column)}</th>)}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {one.sample.map((row, n) => (
              <tr key={n}>
                <th scope="row" className="px-3 py-1.5 font-normal text-mute">{number(n + 2)}</th>
                {one.headers.map((_, column) => <td key={column} className="max-w-56 truncate px-3 py-1.5 whitespace-nowrap">{row[column]}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="border-t px-4 py-2.5 text-xs text-mute">{say('import.oddLetters', { encoding: one.encoding })}</p>
    </details>
  )
}
