import { getRouteApi } from '@tanstack/react-router'
import type { ContactFilter } from '@/lib/api/keys'

export const peopleRoute = getRouteApi('/desk/people')
export const personRoute = getRouteApi('/desk/people/$contact')

export type PeopleSearch = {
  tab?: 'duplicates' | undefined
  q?: string | undefined
  kind?: 'person' | 'company' | undefined
  blocked?: boolean | undefined
  sort?: 'name' | undefined
}

/** What the address asks of the server. */
export const contactFilter = ({ q, kind, blocked, sort }: PeopleSearch): ContactFilter => ({
  search: q?.trim() || undefined,
  kind,
  is_blocked: blocked || undefined,
  sort,
})
