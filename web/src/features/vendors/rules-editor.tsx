import { Plus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { choices, FORMATS, listed, newField, TARGETS, typedChoices, typedList, type Form } from '@/features/vendors/rules'
import type { Problem } from '@/lib/api/problem'
import type { Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Check, Field, Input, INPUT, Select, SelectField } from '@/ui/field'

type Props = { form: Form; set: (change: Partial<Form>) => void; pipeline: Pipeline | undefined; problem: Problem | null }

/** What a post must hold, line by line. */
export function RulesEditor(props: Props) {
  const t = useT()
  const { form, set, problem } = props
  return (
    <>
      <Part isBare title={t('vendor.fields')} hint={t('vendor.fieldsHint')}>
        <FieldLines {...props} />
      </Part>
      <div className="grid gap-5 border-t pt-4 sm:grid-cols-2">
        <Part isBare title={t('vendor.oneOf')} hint={t('vendor.oneOfHint')}>
          <Lines
            count={form.one_of.length}
            add={() => set({ one_of: [...form.one_of, ['']] })}
            remove={n => set({ one_of: form.one_of.toSpliced(n, 1) })}
            line={n => (
              <Input
                aria-label={t('vendor.oneOfLine', { n: n + 1 })}
                placeholder="email, phone"
                value={typedList(form.one_of[n] ?? [])}
                onChange={e => set({ one_of: form.one_of.with(n, listed(e.target.value)) })}
              />
            )}
          />
        </Part>
        <Part isBare title={t('vendor.equal')} hint={t('vendor.equalHint')}>
          <Lines
            count={form.equal.length}
            add={() => set({ equal: [...form.equal, { field: '', to: '' }] })}
            remove={n => set({ equal: form.equal.toSpliced(n, 1) })}
            line={n => {
              const pair = form.equal[n] ?? { field: '', to: '' }
              return (
                <>
                  <Input aria-label={t('vendor.equalField', { n: n + 1 })} maxLength={60} value={pair.field} onChange={e => set({ equal: form.equal.with(n, { ...pair, field: e.target.value }) })} />
                  <span aria-hidden className="mt-1.5">=</span>
                  <Input aria-label={t('vendor.equalTo', { n: n + 1 })} maxLength={60} value={pair.to} onChange={e => set({ equal: form.equal.with(n, { ...pair, to: e.target.value }) })} />
                </>
              )
            }}
          />
        </Part>
      </div>
      <Part title={t('vendor.besides')}>
        <div className="grid items-start gap-3 sm:grid-cols-3">
          <SelectField label={t('vendor.unknown')} value={form.unknown} onChange={e => set({ unknown: e.target.value as Form['unknown'] })}>
            <option value="keep">{t('vendor.unknown.keep')}</option>
            <option value="refuse">{t('vendor.unknown.refuse')}</option>
          </SelectField>
          <Field
            label={t('vendor.country')} hint={t('vendor.countryHint')} maxLength={2} placeholder="US" value={form.country}
            error={problem?.field('rules.country')} onChange={e => set({ country: e.target.value.toUpperCase() })}
          />
          <Check className="sm:pt-7" label={t('vendor.codeRequired')} checked={form.code_required} onChange={e => set({ code_required: e.target.checked })} />
        </div>
      </Part>
    </>
  )
}

type PartProps = { title: string; hint?: string; isBare?: boolean; children: ReactNode }

/** A part of the form, under a line unless it is the first or stands beside another. */
export const Part = ({ title, hint, isBare, children }: PartProps) => (
  <section className={cn('min-w-0', !isBare && 'border-t pt-4')}>
    <h3 className="text-xs font-semibold">{title}</h3>
    {hint && <p className="text-xs text-mute">{hint}</p>}
    <div className="mt-2">{children}</div>
  </section>
)

type LinesProps = { count: number; line: (n: number) => ReactNode; add: () => void; remove: (n: number) => void }

function Lines({ count, line, add, remove }: LinesProps) {
  const t = useT()
  return (
    <>
      <ul className="space-y-1.5">
        {Array.from({ length: count }, (_, n) => (
          <li key={n} className="flex items-start gap-1.5">
            {line(n)}
            <Button variant="ghost" size="tiny" className="mt-1" aria-label={t('vendor.removeLine', { n: n + 1 })} onClick={() => remove(n)}><X size={13} aria-hidden /></Button>
          </li>
        ))}
      </ul>
      <Button className="mt-2" onClick={add}><Plus size={13} aria-hidden /> {t('vendor.addLine')}</Button>
    </>
  )
}

function FieldLines({ form, set, pipeline, problem }: Props) {
  const t = useT()
  const change = (n: number, to: Partial<Form['fields'][number]>) => {
    const rule = form.fields[n]
    if (rule) set({ fields: form.fields.with(n, { ...rule, ...to }) })
  }
  const custom = (pipeline?.fields ?? []).filter(field => field.is_active)
  const line = (n: number) => {
    const rule = form.fields[n]
    if (!rule) return null
    const of = (what: string) => t('vendor.of', { what, field: rule.name || String(n + 1) })
    const faults = ['name', 'format', 'target', 'key', 'options'].map(what => problem?.field(`rules.fields.${n}.${what}`)).filter(Boolean)
    return (
      <div className="min-w-0 flex-1">
        <div className="grid items-start gap-1.5 sm:grid-cols-[1.3fr_auto_1.1fr_1.3fr_1.2fr]">
          <Input aria-label={t('vendor.fieldName', { n: n + 1 })} aria-invalid={faults.length > 0 || undefined} maxLength={60} required placeholder={t('vendor.fieldNameHint')} value={rule.name} onChange={e => change(n, { name: e.target.value })} />
          <Check className="h-8" label={t('vendor.required')} aria-label={of(t('vendor.required'))} checked={rule.required} onChange={e => change(n, { required: e.target.checked })} />
          <Select className="w-full!" aria-label={of(t('vendor.format'))} value={rule.format} onChange={e => change(n, { format: e.target.value as typeof rule.format })}>
            {FORMATS.map(format => <option key={format} value={format}>{t(`vendor.format.${format}`)}</option>)}
          </Select>
          <span className="flex min-w-0 gap-1.5">
            <Select className="w-full! min-w-0" aria-label={of(t('vendor.target'))} value={rule.target} onChange={e => change(n, { target: e.target.value as typeof rule.target })}>
              {TARGETS.map(target => <option key={target} value={target}>{t(`vendor.target.${target}`)}</option>)}
            </Select>
            {rule.target === 'custom' && (
              <Select className="w-full! min-w-0" aria-label={of(t('vendor.customField'))} value={rule.key ?? rule.name} onChange={e => change(n, { key: e.target.value })}>
                {!custom.some(field => field.key === (rule.key ?? rule.name)) && <option value={rule.key ?? rule.name}>–</option>}
                {custom.map(field => <option key={field.key} value={field.key}>{field.label}</option>)}
              </Select>
            )}
          </span>
          <textarea
            aria-label={of(t('vendor.options'))} placeholder={t('vendor.optionsHint')} spellCheck={false} rows={Math.min(Math.max(rule.options.length, 1), 6)}
            className={cn(INPUT, 'min-h-8 py-1.5')} value={typedChoices(rule.options)} onChange={e => change(n, { options: choices(e.target.value) })}
          />
        </div>
        {faults.length > 0 && <p className="mt-1 text-xs text-danger">{faults.join('; ')}</p>}
      </div>
    )
  }
  return (
    <Lines count={form.fields.length} line={line} add={() => set({ fields: [...form.fields, newField()] })} remove={n => set({ fields: form.fields.toSpliced(n, 1) })} />
  )
}
