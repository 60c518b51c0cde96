import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { TicketFilter } from '@/lib/api/keys'
import type { Priority, Queue, TicketStatus } from '@/lib/api/types'

export const inboxRoute = getRouteApi('/desk/inbox')

export const STATUSES: TicketStatus[] = ['new', 'open', 'pending_customer', 'resolved', 'closed']
export const PRIORITIES: Priority[] = ['critical', 'high', 'medium', 'low']
export const QUEUES: Queue[] = ['mine', 'department', 'unassigned', 'all', 'spam']
/** What still needs somebody: the same statuses that the counts on the tabs count. */
export const OPEN_WORK = 'new,open,pending_customer'

export type FilterSearch = {
  tab?: Queue | undefined
  status?: string | undefined
  priority?: string | undefined
  channel?: string | undefined
  dept?: number | undefined
  q?: string | undefined
}

/** The list that an address asks for. Without a status it is open work; a search looks everywhere. */
export function filterOf(search: FilterSearch): TicketFilter {
  const queue = search.tab ?? 'mine'
  const isOpenWork = search.status === undefined && queue !== 'spam' && !search.q
  const status = search.status === 'any' ? undefined : isOpenWork ? OPEN_WORK : search.status
  return {
    queue,
    ...(status ? { status } : {}),
    ...(search.priority ? { priority: search.priority } : {}),
    ...(search.channel ? { channel: search.channel } : {}),
    ...(search.dept ? { department_id: search.dept } : {}),
    ...(search.q ? { search: search.q } : {}),
  }
}

/** The filter of the address: the same object for as long as nothing of it changes. */
export function useFilter(): TicketFilter {
  const { tab, status, priority, channel, dept, q } = inboxRoute.useSearch()
  return useMemo(() => filterOf({ tab, status, priority, channel, dept, q }), [tab, status, priority, channel, dept, q])
}
