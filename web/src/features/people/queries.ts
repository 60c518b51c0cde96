import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { fetchContacts, fetchContactTimeline } from '@/lib/api/contacts'
import { keys, type ContactFilter } from '@/lib/api/keys'
import { fetchContactLeads } from '@/lib/api/leads'
import { fetchContact, fetchContactTickets } from '@/lib/api/tickets'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'

const listQuery = (filter: ContactFilter) =>
  infiniteQueryOptions({
    queryKey: keys.contactList(filter),
    queryFn: ({ pageParam, signal }) => fetchContacts(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
    placeholderData: old => old,
  })

export function useContacts(filter: ContactFilter, enabled = true) {
  const query = useInfiniteQuery({ ...listQuery(filter), enabled })
  const rows = useMemo(() => {
    const seen = new Set<number>()
    const all = query.data?.pages.flatMap(page => page.contacts) ?? []
    return all.filter(row => !seen.has(row.id) && seen.add(row.id))
  }, [query.data])
  return { ...query, rows, first: query.data?.pages[0] }
}

export const usePerson = (id: number) => useQuery({ queryKey: keys.contact(id), queryFn: () => fetchContact(id) })

/** The leads of somebody that the reader may see, those still open first. */
export function usePersonLeads(id: number) {
  const me = useMe()
  return useQuery({ queryKey: keys.contactLeads(id), queryFn: async ({ signal }) => (await fetchContactLeads(id, signal)).leads, enabled: can(me, 'leads.read') })
}

/** The newest tickets of somebody that the reader may see, and how many there are. */
export function usePersonTickets(id: number) {
  const me = useMe()
  return useQuery({ queryKey: [...keys.contactTickets(id), 'list'], queryFn: () => fetchContactTickets(id), enabled: can(me, 'tickets.read') })
}

export const usePersonTimeline = (id: number, types: string) =>
  useInfiniteQuery({
    queryKey: keys.contactTimeline(id, types),
    queryFn: ({ pageParam, signal }) => fetchContactTimeline(id, types, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
