import { choicesOf } from '@/features/imports/mapping'
import { Problem } from '@/lib/api/problem'
import type { Import, ImportFault, Pipeline } from '@/lib/api/types'
import { number, t, tn, tOr } from '@/lib/i18n'
import { Badge, type Tone } from '@/ui/badge'
import { cn } from '@/ui/cn'

const TONES: Record<Import['state'], Tone> = {
  ready: 'mute', checking: 'accent', checked: 'accent', running: 'accent', done: 'ok', failed: 'danger', undoing: 'warn', undone: 'mute',
}

export const StateBadge = ({ state }: { state: Import['state'] }) => <Badge tone={TONES[state]}>{t(`import.state.${state}`)}</Badge>

/** A field in words; those of a pipeline bear the names that it gave them. */
export const fieldName = (key: string, fields: Import['fields']): string =>
  tOr(`import.field.${key}`, fields.find(field => field.key === key)?.label ?? key)

/** What is wrong with a cell, in the reader's language wherever the words are known. */
export function faultWords({ field, code, message }: Pick<ImportFault, 'field' | 'code' | 'message'>, pipeline?: Pipeline): string {
  const choices = choicesOf(field, pipeline)
  if (code === 'not_one_of' && choices.length > 0) return t('import.fault.choices', { choices: choices.join(', ') })
  const part = field.startsWith('custom.') ? 'custom' : (field.split('.')[0] ?? field)
  return tOr(`import.fault.${part}.${code}`, tOr(`import.fault.${code}`, message))
}

/** What the server says of a part of the plan, if anything. */
export function faultAt(problem: Error | null, field: string): string | undefined {
  const found = problem instanceof Problem ? problem.fields.find(one => one.field === field) : undefined
  return found && faultWords({ ...found, field: field.split('.').at(-1) ?? field })
}

const COUNTS = [
  { key: 'created_rows', word: 'created' },
  { key: 'updated_rows', word: 'updated' },
  { key: 'skipped_rows', word: 'skipped' },
  { key: 'failed_rows', word: 'failed' },
] as const

/** What became of the rows, or would. */
export const Counts = ({ of, isFuture }: { of: Import; isFuture?: boolean }) => (
  <dl className="grid grid-cols-4 gap-3 max-sm:grid-cols-2">
    {COUNTS.map(({ key, word }) => (
      <div key={key} className="flex flex-col-reverse rounded-xl border bg-panel px-4 py-3">
        <dt className="text-xs text-mute">{t(isFuture ? `import.would.${word}` : `import.did.${word}`)}</dt>
        <dd className={cn('text-[22px] leading-7 font-semibold tabular-nums', of[key] === 0 && 'text-mute', word === 'failed' && of[key] > 0 && 'text-danger')}>{number(of[key])}</dd>
      </div>
    ))}
  </dl>
)

/** The same in one line; what is none is left out. */
export const countLine = (of: Import): string =>
  COUNTS.filter(({ key }) => of[key] > 0).map(({ key, word }) => tn(`import.count.${word}`, of[key])).join(' · ')
