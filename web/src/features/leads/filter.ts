import { getRouteApi } from '@tanstack/react-router'
import type { LeadFilter } from '@/lib/api/keys'

export const leadsRoute = getRouteApi('/desk/leads')
export const boardRoute = getRouteApi('/desk/pipeline')
export const leadRoute = getRouteApi('/desk/leads/$lead')

export type LeadsSearch = {
  pipeline?: number | undefined
  status?: string | undefined
  source?: string | undefined
  owner?: string | undefined
  priority?: string | undefined
  late?: boolean | undefined
  outcome?: 'won' | 'lost' | 'any' | undefined
  archived?: boolean | undefined
  q?: string | undefined
  sort?: string | undefined
}

export const SORTS = ['-created_at', '-last_interaction_at', '-score', '-value', 'name', 'due_at'] as const

/** What the address asks of the server. Open leads unless it says otherwise. */
export function leadFilter(search: LeadsSearch): LeadFilter {
  const outcome = search.outcome ?? (search.status ? 'any' : 'open')
  return {
    pipeline_id: search.pipeline,
    status: search.status,
    source: search.source,
    assigned_to: search.owner,
    priority: search.priority,
    overdue: search.late || undefined,
    outcome: outcome === 'any' ? undefined : outcome,
    archived: search.archived || undefined,
    search: search.q,
    sort: search.sort,
  }
}
