import { queryOptions } from '@tanstack/react-query'
import { api, data, queryString, seen } from '@/lib/api/client'
import { keys, type LeadFilter } from '@/lib/api/keys'
import type { LeadBulkChanges, LeadChange, LeadPriority, LeadShare, NewInteraction, NewLead } from '@/lib/api/types'

const at = (id: number) => ({ params: { path: { id } } })
/** Values that the address joins by commas. */
const several = <T extends string>(words: string | undefined) => words?.split(',') as T[] | undefined

/** What both the table and the board are narrowed by. */
const narrowed = ({ status: _s, outcome: _o, archived: _a, sort: _sort, source, priority, ...rest }: LeadFilter) => ({
  ...rest, source: several(source), priority: several<LeadPriority>(priority),
})

export const fetchLeads = (filter: LeadFilter, cursor?: string | null, signal?: AbortSignal) =>
  data(
    api.GET('/leads', {
      params: {
        query: {
          ...narrowed(filter),
          status: several(filter.status),
          outcome: filter.outcome,
          archived: filter.archived,
          sort: filter.sort as never,
          cursor: cursor ?? undefined,
          // Soon something to see; whoever scrolls on wants many.
          limit: cursor ? 200 : 50,
        },
      },
      signal,
    }),
  )
/** Where the list is as a file, filtered and in the order that it has on screen. */
/** `columns`: all of them unless some are said. */
export const leadsFile = (filter: LeadFilter, format: 'csv' | 'xlsx', columns?: string[]) =>
  `/leads/export?${queryString({ ...filter, format, columns: columns?.join(',') })}`
export const fetchBoard = (filter: LeadFilter, signal?: AbortSignal) =>
  data(api.GET('/pipeline/board', { params: { query: narrowed(filter) }, signal }))
/** The next cards of one column. */
export const fetchColumn = (filter: LeadFilter, stage: string, cursor: string) =>
  data(api.GET('/pipeline/board', { params: { query: { ...narrowed(filter), stage: [stage], cursor } } }))
export const fetchLead = (id: number, signal?: AbortSignal) => data(api.GET('/leads/{id}', { ...at(id), signal }))
/** The leads of a contact: the open ones first, the newest of each before. */
export const fetchContactLeads = (contact: number, signal?: AbortSignal) =>
  data(api.GET('/contacts/{id}/leads', { ...at(contact), signal }))
export const createLead = (input: NewLead) => data(api.POST('/leads', { body: input }))
export const changeLead = (id: number, change: LeadChange, version?: number) =>
  data(api.PATCH('/leads/{id}', { params: { path: { id }, header: version === undefined ? {} : seen(version) }, body: change }))
export const archiveLead = (id: number) => data(api.DELETE('/leads/{id}', at(id)))
export const restoreLead = (id: number) => data(api.POST('/leads/{id}/restore', at(id)))
export const bulkUpdateLeads = (lead_ids: number[], updates: LeadBulkChanges) =>
  data(api.POST('/leads/bulk-update', { body: { lead_ids, updates } }))
/** Gives leads out among several, none more than they take. */
export const shareLeads = (lead_ids: number[], share: LeadShare) => data(api.POST('/leads/bulk-assign', { body: { lead_ids, ...share } }))
export const fetchTimeline = (id: number, types: string, cursor?: string | null) =>
  data(api.GET('/leads/{id}/timeline', { params: { path: { id }, query: { types: several(types || undefined), cursor: cursor ?? undefined, limit: 50 } } }))
/** Who is likely the person of a lead. */
export const fetchLeadDuplicates = (id: number, signal?: AbortSignal) => data(api.GET('/leads/{id}/duplicates', { ...at(id), signal }))
export const dismissLeadDuplicate = (id: number, contact_id: number) =>
  data(api.POST('/leads/{id}/duplicates/dismiss', { ...at(id), body: { contact_id } }))
/** `attempt`: the same one again is stored once. */
export const logInteraction = (id: number, input: NewInteraction, attempt: string) =>
  data(api.POST('/leads/{id}/interactions', { params: { path: { id }, header: { 'Idempotency-Key': attempt } }, body: input }))

export const pipelinesQuery = queryOptions({
  queryKey: keys.pipelines,
  queryFn: async () => (await data(api.GET('/pipelines'))).pipelines,
  staleTime: 5 * 60_000,
})

/** Where leads come from, when one is stale. */
export const leadSettingsQuery = queryOptions({
  queryKey: keys.leadSettings,
  queryFn: () => data(api.GET('/leads/settings')),
  staleTime: 5 * 60_000,
})
