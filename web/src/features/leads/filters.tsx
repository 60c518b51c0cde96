import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Blanks, Choices, type Choice } from '@/features/leads/filter-editors'
import { PRIORITIES } from '@/features/leads/labels'
import { useSources } from '@/features/leads/sources'
import { keys } from '@/lib/api/keys'
import { departmentsQuery, peopleQuery } from '@/lib/api/staff'
import type { LeadField, Pipeline } from '@/lib/api/types'
import { fetchVendors } from '@/lib/api/vendors'
import { t as say, useT } from '@/lib/i18n'
import type { LeadOutcomeChoice, LeadsSearch } from '@/lib/lead-search'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { date } from '@/lib/time'

type Change = Partial<LeadsSearch>
export type Filter = {
  id: string
  label: string
  /** What it is set to, in words; null: it is not. */
  said: string | null
  /** What takes it away. */
  off: Change
  /** How it is set; `close` where nothing more is to be said. */
  edit: (close: () => void) => ReactNode
}

type Put = (change: Change) => void
const split = (text: string | undefined) => text?.split(',').filter(Boolean) ?? []
const names = (choices: Choice[], values: string[]) => values.map(value => choices.find(choice => choice.value === value)?.label ?? value).join(', ')

type Key = 'status' | 'source' | 'priority' | 'owner' | 'vendor' | 'disposition'

/** Everything that the table, or the board, can be narrowed by. */
export function useFilters(search: LeadsSearch, set: Put, pipeline: Pipeline | undefined, isBoard: boolean): Filter[] {
  const t = useT()
  const me = useMe()
  const people = useQuery(peopleQuery)
  const departments = useQuery(departmentsQuery)
  const mayVendors = can(me, 'vendors.read')
  const vendors = useQuery({ queryKey: keys.vendors, queryFn: async () => (await fetchVendors()).vendors, enabled: mayVendors, staleTime: 5 * 60_000 })
  const { sources } = useSources()

  const many = (id: Key, label: string, choices: Choice[]): Filter => {
    const chosen = split(search[id])
    return {
      id, label, said: chosen.length > 0 ? names(choices, chosen) : null, off: { [id]: undefined },
      edit: () => <Choices name={label} choices={choices} chosen={chosen} isMany choose={values => set({ [id]: values.join(',') || undefined })} />,
    }
  }
  const one = (id: string, label: string, choices: Choice[], value: string | undefined, change: (value: string) => Change, off: Change): Filter => ({
    id, label, said: value === undefined ? null : names(choices, [value]), off,
    edit: close => <Choices name={label} choices={choices} chosen={value === undefined ? [] : [value]} choose={([picked = '']) => {
      set(change(picked))
      close()
    }} />,
  })
  const truths = [{ value: 'true', label: t('common.yes') }, { value: 'false', label: t('common.no') }]
  const tag = search.tag
  const outcomes = (['won', 'lost', 'any'] as const).map(value => ({ value, label: t(`lead.outcome.${value}`) }))
  const stages = (pipeline?.stages ?? []).filter(stage => stage.is_active || split(search.status).includes(stage.key))

  const all: (Filter | false)[] = [
    !isBoard && many('status', t('lead.stage'), stages.map(stage => ({ value: stage.key, label: stage.name }))),
    one('owner', t('lead.owner'), [
      { value: 'me', label: t('lead.mine') }, { value: 'none', label: t('lead.nobodys') },
      ...(people.data ?? []).map(person => ({ value: String(person.id), label: person.name })),
    ], search.owner, owner => ({ owner }), { owner: undefined }),
    many('source', t('lead.source'), sources.map(source => ({ value: source.key, label: source.name }))),
    many('priority', t('ticket.priority'), PRIORITIES.map(priority => ({ value: priority, label: t(`priority.${priority}`) }))),
    one('late', t('filter.overdue'), truths, search.late === undefined ? undefined : String(search.late), late => ({ late: late === 'true' }), { late: undefined }),
    {
      id: 'stale', label: t('filter.stale'), said: search.stale === undefined ? null : t('filter.days', { n: search.stale }), off: { stale: undefined },
      edit: close => <Blanks blanks={[{ key: 'stale', label: t('filter.staleDays'), type: 'number', min: 1, max: 3650, value: String(search.stale ?? '') }]} apply={({ stale }) => {
        set({ stale: stale === undefined ? undefined : Number(stale) })
        close()
      }} />,
    },
    {
      id: 'score', label: t('lead.score'), said: between(search.min, search.max), off: { min: undefined, max: undefined },
      edit: close => <Blanks
        blanks={[
          { key: 'min', label: t('filter.from'), type: 'number', min: 0, max: 100, value: String(search.min ?? '') },
          { key: 'max', label: t('filter.to'), type: 'number', min: 0, max: 100, value: String(search.max ?? '') },
        ]}
        apply={({ min, max }) => {
          const [low, high] = [min, max].map(text => (text === undefined ? undefined : Number(text)))
          const isTurned = low !== undefined && high !== undefined && low > high
          set(isTurned ? { min: high, max: low } : { min: low, max: high })
          close()
        }}
      />,
    },
    {
      id: 'created', label: t('column.created_at'), said: between(search.from && date(search.from), search.to && date(search.to)), off: { from: undefined, to: undefined },
      edit: close => <Blanks
        blanks={[
          { key: 'from', label: t('filter.from'), type: 'date', value: search.from ?? '' },
          { key: 'to', label: t('filter.to'), type: 'date', value: search.to ?? '' },
        ]}
        apply={({ from, to }) => {
          set(from && to && from > to ? { from: to, to: from } : { from, to })
          close()
        }}
      />,
    },
    {
      id: 'tag', label: t('filter.tag'), said: tag ?? null, off: { tag: undefined },
      edit: close => <Blanks blanks={[{ key: 'tag', label: t('filter.tag'), type: 'text', value: tag ?? '' }]} apply={({ tag: typed }) => {
        set({ tag: typed })
        close()
      }} />,
    },
    (pipeline?.dispositions.length ?? 0) > 0 &&
      one('disposition', t('lead.disposition'), (pipeline?.dispositions ?? []).map(term => ({ value: term.key, label: term.name })), search.disposition, disposition => ({ disposition }), { disposition: undefined }),
    mayVendors && (vendors.data?.length ?? 0) > 0 &&
      one('vendor', t('column.vendor'), (vendors.data ?? []).map(vendor => ({ value: vendor.code, label: vendor.name })), search.vendor, vendor => ({ vendor }), { vendor: undefined }),
    one('dept', t('column.department'), (departments.data ?? []).map(department => ({ value: String(department.id), label: department.name })), search.dept === undefined ? undefined : String(search.dept), id => ({ dept: Number(id) }), { dept: undefined }),
    !isBoard && one('outcome', t('lead.outcome'), outcomes, search.outcome, outcome => ({ outcome: outcome as LeadOutcomeChoice }), { outcome: undefined }),
    !isBoard && one('archived', t('filter.archived'), truths.slice(0, 1), search.archived ? 'true' : undefined, () => ({ archived: true }), { archived: undefined }),
    ...(pipeline?.fields ?? []).filter(field => field.is_active && field.is_filterable).map(field => custom(field)),
  ]
  return all.filter(filter => filter !== false)

  function custom(field: LeadField): Filter {
    const id = `custom.${field.key}` as const
    const value = search[id]
    if (field.kind === 'choice') return one(id, field.label, field.options.map(option => ({ value: option, label: option })), value, picked => ({ [id]: picked }), { [id]: undefined })
    if (field.kind === 'bool') return one(id, field.label, truths, value, picked => ({ [id]: picked }), { [id]: undefined })
    const type = field.kind
    return {
      id, label: field.label, said: value ?? null, off: { [id]: undefined },
      edit: close => <Blanks blanks={[{ key: id, label: field.label, type, value: value ?? '' }]} apply={typed => {
        set({ [id]: typed[id] })
        close()
      }} />,
    }
  }
}

/** `10–20`, `from 10`, `up to 20`. */
function between(from: string | number | undefined, to: string | number | undefined): string | null {
  if (from !== undefined && to !== undefined) return `${from} – ${to}`
  if (from !== undefined) return say('filter.atLeast', { value: from })
  return to === undefined ? null : say('filter.atMost', { value: to })
}
