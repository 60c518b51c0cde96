/**
 * What the addresses of the table and the board of leads hold, and what it asks of the server. A saved view holds the
 * same, so that a view, a bookmark and a link mean one thing.
 */
import type { LeadFilter } from '@/lib/api/keys'

export type LeadOutcomeChoice = 'won' | 'lost' | 'any'

export type LeadsSearch = {
  pipeline?: number | undefined
  /** Several with commas, as in `source` and `priority`. */
  status?: string | undefined
  source?: string | undefined
  priority?: string | undefined
  /** An id, `me` or `none`. */
  owner?: string | undefined
  dept?: number | undefined
  vendor?: string | undefined
  disposition?: string | undefined
  tag?: string | undefined
  min?: number | undefined
  max?: number | undefined
  from?: string | undefined
  to?: string | undefined
  stale?: number | undefined
  late?: boolean | undefined
  outcome?: LeadOutcomeChoice | undefined
  archived?: boolean | undefined
  q?: string | undefined
  sort?: string | undefined
  /** The columns of the table, with commas; else this device's choice. */
  cols?: string | undefined
  /** The saved view that this began with. */
  view?: number | undefined
  [field: `custom.${string}`]: string | undefined
}

export const SORTS = [
  '-created_at', 'created_at', '-updated_at', 'updated_at', '-last_interaction_at', 'last_interaction_at', 'name', '-name',
  'score', '-score', 'value', '-value', 'due_at', '-due_at',
] as const
export type LeadSort = (typeof SORTS)[number]
/** What the server does where nothing is said. */
export const USUAL_SORT: LeadSort = '-created_at'

const OUTCOMES: readonly string[] = ['won', 'lost', 'any'] satisfies LeadOutcomeChoice[]
const DAY = /^\d{4}-\d{2}-\d{2}$/

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined
const whole = (value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined => {
  const n = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof n === 'number' && Number.isInteger(n) && n >= least && n <= most ? n : undefined
}
const truth = (value: unknown): boolean | undefined =>
  value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined
const day = (value: unknown) => (DAY.test(String(value)) ? String(value) : undefined)

/** Reads an address or a saved view; what is not understood is left out. */
export function readLeadsSearch(from: Record<string, unknown>): LeadsSearch {
  const search: LeadsSearch = {
    pipeline: whole(from.pipeline, 1),
    status: text(from.status),
    source: text(from.source),
    priority: text(from.priority),
    owner: text(from.owner),
    dept: whole(from.dept, 1),
    vendor: text(from.vendor),
    disposition: text(from.disposition),
    tag: text(from.tag),
    min: whole(from.min, 0, 100),
    max: whole(from.max, 0, 100),
    from: day(from.from),
    to: day(from.to),
    stale: whole(from.stale, 1, 3650),
    late: truth(from.late),
    outcome: OUTCOMES.includes(String(from.outcome)) ? (from.outcome as LeadOutcomeChoice) : undefined,
    archived: truth(from.archived) || undefined,
    q: text(from.q),
    sort: SORTS.find(sort => sort === from.sort),
    cols: text(from.cols),
    view: whole(from.view, 1),
  }
  for (const [key, value] of Object.entries(from)) {
    if (isCustom(key)) search[key] = typeof value === 'boolean' ? String(value) : text(value)
  }
  return search
}

export const isCustom = (key: string): key is `custom.${string}` => key.startsWith('custom.') && key.length > 7

/** What a search narrows by, without its order, its columns and the view that it began with. */
export function filtersOf(search: LeadsSearch): Record<string, string | number | boolean> {
  const { sort: _s, cols: _c, view: _v, ...filters } = search
  return plain(filters)
}

/** All that a saved view keeps, but its columns, which it has of its own. */
export function viewQueryOf(search: LeadsSearch): Record<string, string | number | boolean> {
  const { cols: _c, view: _v, ...kept } = search
  return plain(kept)
}

const plain = (search: object) =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as Record<string, string | number | boolean>

/** What the address asks of the server. Open leads unless it says otherwise. */
export function leadFilter(search: LeadsSearch): LeadFilter {
  const outcome = search.outcome ?? (search.status || search.archived ? 'any' : 'open')
  const custom = Object.entries(search).filter((pair): pair is [`custom.${string}`, string] => isCustom(pair[0]) && typeof pair[1] === 'string')
  return {
    pipeline_id: search.pipeline,
    status: search.status,
    source: search.source,
    assigned_to: search.owner,
    department_id: search.dept,
    vendor_code: search.vendor,
    disposition: search.disposition,
    tag: search.tag,
    score_min: search.min,
    score_max: search.max,
    date_from: search.from,
    date_to: search.to,
    stale_days: search.stale,
    priority: search.priority,
    overdue: search.late,
    outcome: outcome === 'any' ? undefined : outcome,
    archived: search.archived,
    search: search.q,
    sort: search.sort,
    ...Object.fromEntries(custom),
  }
}

/** What the board can be narrowed by: every column shows, open or not, and it has an order of its own. */
export function boardFilter(search: LeadsSearch, pipeline: number): LeadFilter {
  const { status: _status, outcome: _outcome, archived: _archived, sort: _sort, ...rest } = leadFilter(search)
  return { ...rest, pipeline_id: pipeline }
}
