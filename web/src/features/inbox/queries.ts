import { infiniteQueryOptions, queryOptions, useInfiniteQuery, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useCallback, useDeferredValue, useMemo } from 'react'
import { keys, type TicketFilter } from '@/lib/api/keys'
import { fetchAssignment, fetchContact, fetchContactTickets, fetchCounts, fetchOlder, fetchSpamActivities, fetchTicket, fetchTickets } from '@/lib/api/tickets'
import type { Ticket, TicketRow } from '@/lib/api/types'
import { mergeTicket, type TicketPages } from '@/lib/live/lists'

const listQuery = (filter: TicketFilter) =>
  infiniteQueryOptions({
    queryKey: keys.list(filter),
    queryFn: ({ pageParam, signal }) => fetchTickets(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
    staleTime: 5 * 60_000,
  })

export function useTickets(filter: TicketFilter) {
  const { data, error, isPending, isError, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(listQuery(filter))
  const rows = useMemo(() => unique(data?.pages.flatMap(page => page.tickets) ?? []), [data])
  return useMemo(
    () => ({ rows, first: data?.pages[0], error, isPending, isError, hasNextPage, isFetchingNextPage, fetchNextPage, refetch }),
    [rows, data, error, isPending, isError, hasNextPage, isFetchingNextPage, fetchNextPage, refetch],
  )
}

/** A row that moved while pages were loading may come twice; the first place counts. */
function unique(rows: TicketRow[]): TicketRow[] {
  const seen = new Set<number>()
  return rows.filter(row => !seen.has(row.id) && seen.add(row.id))
}

export const useCounts = () => useQuery({ queryKey: keys.counts, queryFn: fetchCounts, staleTime: 60_000 })

export const ticketQuery = (id: number) =>
  queryOptions({
    queryKey: keys.ticket(id),
    queryFn: async ({ client, signal }) => mergeTicket(client.getQueryData<Ticket>(keys.ticket(id)), await fetchTicket(id, signal)),
    staleTime: 5 * 60_000,
  })

/** A ticket. When it comes from the server it is drawn in the background; what changes of it later shows at once. */
export function useTicket(id: number) {
  const { data, error, refetch } = useQuery(ticketQuery(id))
  const isDrawn = useDeferredValue(data !== undefined)
  return { ticket: isDrawn ? data : undefined, error, refetch }
}

/** The rows of all lists that are loaded, for whoever wants to look through them. */
export function useLoadedRows(): () => TicketRow[] {
  const client = useQueryClient()
  return useCallback(
    () => client.getQueriesData<TicketPages>({ queryKey: keys.lists }).flatMap(([, list]) => list?.pages.flatMap(page => page.tickets) ?? []),
    [client],
  )
}

/** Puts the next older messages before the ones on screen. */
export async function loadOlder(client: QueryClient, ticket: Ticket): Promise<void> {
  if (ticket.timeline_cursor === null) return
  const page = await fetchOlder(ticket.id, ticket.timeline_cursor)
  client.setQueryData<Ticket>(keys.ticket(ticket.id), old => {
    if (!old) return old
    const known = new Set(old.timeline.map(message => message.id))
    const older = page.messages.filter(message => !known.has(message.id)).reverse()
    return { ...old, timeline: [...older, ...old.timeline], timeline_cursor: page.next_cursor }
  })
}

export const useAssignment = (id: number) =>
  useQuery({ queryKey: keys.assignment(id), queryFn: () => fetchAssignment(id) })
export const useContact = (id: number) => useQuery({ queryKey: keys.contact(id), queryFn: () => fetchContact(id) })
export const useContactTickets = (id: number) =>
  useQuery({ queryKey: keys.contactTickets(id), queryFn: async () => (await fetchContactTickets(id)).tickets })
export const useSpamActivities = (enabled: boolean) =>
  useQuery({ queryKey: keys.spamActivities(30), queryFn: async () => (await fetchSpamActivities(30)).activities, enabled })
