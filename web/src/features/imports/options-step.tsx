import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState, type ComponentProps, type ReactNode } from 'react'
import { faultAt } from '@/features/imports/labels'
import { hasDays, tagsOf } from '@/features/imports/mapping'
import type { PlanState } from '@/features/imports/queries'
import { leadSettingsQuery } from '@/lib/api/leads'
import { departmentsQuery, peopleQuery } from '@/lib/api/staff'
import type { ImportOptions, Pipeline } from '@/lib/api/types'
import { t as say, useT } from '@/lib/i18n'
import { cn } from '@/ui/cn'
import { Field, SelectField } from '@/ui/field'

const DUPLICATES: ImportOptions['duplicates'][] = ['skip', 'update', 'create']
const FORMATS: ImportOptions['date_format'][] = ['dmy', 'mdy', 'ymd']
const STRATEGIES = ['round_robin', 'capacity_based'] as const

/** What rows do not say themselves, and what is done with those whom the desk knows. */
export function OptionsStep({ plan, pipeline }: { plan: PlanState; pipeline: Pipeline | undefined }) {
  const t = useT()
  const { mapping, options, change, problem } = plan
  const set = (part: Partial<ImportOptions>) => change(now => ({ options: { ...now.options, ...part } }))
  const fault = (name: keyof ImportOptions) => faultAt(problem, `options.${name}`)
  const taken = Object.values(mapping)
  const stage = pipeline?.stages.find(one => one.key === options.status)
  const canBeLost = stage?.kind === 'lost' || (taken.includes('status') && pipeline?.stages.some(one => one.kind === 'lost' && one.is_active))
  const settings = useQuery(leadSettingsQuery)
  const sources = useId()
  return (
    <div className="space-y-4">
      <Part title={t('import.part.duplicates')} text={t('import.part.duplicatesHint')}>
        <div role="radiogroup" aria-label={t('import.part.duplicates')} className="grid grid-cols-3 gap-2 max-md:grid-cols-1">
          {DUPLICATES.map(way => (
            <label key={way} className={cn('flex items-start gap-2.5 rounded-md border px-2.5 py-2 hover:bg-raised', options.duplicates === way && 'border-accent! bg-accent-soft!')}>
              <input type="radio" name="duplicates" className="mt-0.5 size-4 shrink-0 accent-(--accent)" checked={options.duplicates === way} onChange={() => set({ duplicates: way })} />
              <span>
                <span className="block font-medium">{t(`import.duplicates.${way}`)}</span>
                <span className="block text-xs text-mute">{t(`import.duplicatesHint.${way}`)}</span>
              </span>
            </label>
          ))}
        </div>
      </Part>
      <Part title={t('import.part.leads')} text={t('import.part.leadsHint')}>
        <div className="grid grid-cols-3 gap-3.5 max-lg:grid-cols-2 max-sm:grid-cols-1">
          <SelectField label={t('lead.stage')} value={options.status ?? ''} error={fault('status')} onChange={event => set({ status: event.target.value || null })}>
            <option value="">{t('import.firstStage')}</option>
            {pipeline?.stages.filter(one => one.is_active).map(one => <option key={one.key} value={one.key}>{one.name}</option>)}
          </SelectField>
          <SettledField
            label={t('lead.source')}
            list={sources}
            maxLength={60}
            placeholder={settings.data?.sources[0]?.name}
            value={nameOf(settings.data?.sources, options.source)}
            error={fault('source')}
            settle={text => set({ source: settings.data?.sources.find(one => one.name === text)?.key ?? (text || null) })}
          />
          <datalist id={sources}>{settings.data?.sources.map(one => <option key={one.key} value={one.name} />)}</datalist>
          {canBeLost && (
            <SettledField
              label={t('import.reason')}
              maxLength={500}
              value={options.reason ?? ''}
              hint={t('import.reasonHint')}
              error={fault('reason')}
              settle={text => set({ reason: text || null })}
            />
          )}
          <Owner options={options} set={set} error={fault('assigned_to') ?? fault('strategy')} />
          <Department options={options} set={set} error={fault('department_id')} />
          <SettledField
            label={t('import.tags')}
            hint={t('import.tagsHint')}
            value={options.tags.join(', ')}
            error={fault('tags') ?? options.tags.map((_, n) => faultAt(problem, `options.tags.${n}`)).find(Boolean)}
            settle={text => set({ tags: tagsOf(text) })}
          />
          {hasDays(mapping, pipeline) && (
            <SelectField label={t('import.days')} hint={t('import.daysHint')} value={options.date_format} onChange={event => set({ date_format: event.target.value as ImportOptions['date_format'] })}>
              {FORMATS.map(format => <option key={format} value={format}>{t(`import.days.${format}`)}</option>)}
            </SelectField>
          )}
        </div>
      </Part>
    </div>
  )
}

const nameOf = (sources: { key: string; name: string }[] | undefined, key: string | null): string =>
  sources?.find(one => one.key === key)?.name ?? key ?? ''

const Part = ({ title, text, children }: { title: string; text: string; children: ReactNode }) => (
  <section className="rounded-xl border bg-panel p-4">
    <h2 className="font-semibold">{title}</h2>
    <p className="mb-3 text-xs text-mute">{text}</p>
    {children}
  </section>
)

type PartProps = { options: ImportOptions; set: (part: Partial<ImportOptions>) => void; error: string | undefined }

/** Nobody, somebody, or everybody by turns. */
function Owner({ options, set, error }: PartProps) {
  const people = useQuery(peopleQuery)
  const choose = (value: string) => {
    const strategy = STRATEGIES.find(one => one === value) ?? null
    set({ strategy, assigned_to: strategy || value === '' ? null : Number(value) })
  }
  return (
    <SelectField label={say('lead.owner')} value={options.strategy ?? options.assigned_to ?? ''} error={error} onChange={event => choose(event.target.value)}>
      <option value="">{say('lead.nobodys')}</option>
      <optgroup label={say('import.giveOut')}>
        {STRATEGIES.map(one => <option key={one} value={one}>{say(`import.strategy.${one}`)}</option>)}
      </optgroup>
      <optgroup label={say('import.oneOwner')}>
        {people.data?.map(person => <option key={person.id} value={person.id}>{person.name}</option>)}
      </optgroup>
    </SelectField>
  )
}

function Department({ options, set, error }: PartProps) {
  const departments = useQuery(departmentsQuery)
  return (
    <SelectField label={say('ticket.department')} value={options.department_id ?? ''} error={error} onChange={event => set({ department_id: Number(event.target.value) || null })}>
      <option value="">{say('import.ownersDepartment')}</option>
      {departments.data?.filter(one => one.is_active).map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
    </SelectField>
  )
}

const SETTLED_MS = 600

type SettledProps = Omit<ComponentProps<typeof Field>, 'value' | 'onChange' | 'onBlur'> & { value: string; settle: (text: string) => void }

/** A field that says what was typed once the typing rests, and at the latest when it is left. */
function SettledField({ value, settle, ...props }: SettledProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const tell = (text: string) => {
    clearTimeout(timer.current)
    if (text.trim() !== value) settle(text.trim())
  }
  return (
    <Field
      {...props}
      value={typed ?? value}
      onChange={event => {
        const text = event.target.value
        setTyped(text)
        clearTimeout(timer.current)
        timer.current = setTimeout(() => tell(text), SETTLED_MS)
      }}
      onBlur={() => {
        if (typed !== null) tell(typed)
        setTyped(null)
      }}
    />
  )
}
