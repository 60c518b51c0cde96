/** How changed leads reach long lists of them: a list of many pages is never fetched anew for one row. */
import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query'
import { keys } from '@/lib/api/keys'
import { fetchLead } from '@/lib/api/leads'
import type { Lead, LeadList, LeadRow } from '@/lib/api/types'

type LeadPages = InfiniteData<LeadList, string | null>

/** A list of so many pages is fetched anew when something changed. */
const FEW_PAGES = 3
/** So many changed leads are looked at one by one. */
const SINGLES = 10

/** Whether a query is a list of leads with many pages. */
export function isLong(query: Query): boolean {
  const [family, what] = keys.leadLists
  if (query.queryKey[0] !== family || query.queryKey[1] !== what) return false
  const data = query.state.data as { pages?: unknown } | undefined
  return Array.isArray(data?.pages) && data.pages.length > FEW_PAGES
}

/** The row of a lead: what lists hold. */
export function leadRowOf(lead: Lead): LeadRow {
  const { score_parts: _p, custom_labels: _c, students: _s, ...row } = lead
  return row
}

/** The pages with this row in its place; the same pages when it is in none. */
export function withLead(pages: LeadPages, row: LeadRow): LeadPages {
  const at = pages.pages.findIndex(page => page.leads.some(other => other.id === row.id))
  const page = pages.pages[at]
  if (!page) return pages
  return { ...pages, pages: pages.pages.with(at, { ...page, leads: page.leads.map(other => (other.id === row.id ? row : other)) }) }
}

/**
 * Brings changed leads into the long lists on screen. Where they stand stays as it is until the list is asked for again, and
 * so does which leads are in it: nothing moves under the reader's hands. Long lists that nobody looks at are forgotten.
 */
export async function refreshLong(client: QueryClient, ids: ReadonlySet<number>): Promise<void> {
  client.removeQueries({ queryKey: keys.leadLists, type: 'inactive', predicate: isLong })
  const long = client.getQueryCache().findAll({ queryKey: keys.leadLists, type: 'active' }).filter(isLong)
  if (long.length === 0) return
  const held = new Set(long.flatMap(query => (query.state.data as LeadPages).pages.flatMap(page => page.leads.map(lead => lead.id))))
  const wanted = [...ids].filter(id => held.has(id)).slice(0, SINGLES)
  const found = await Promise.all(wanted.map(id => fetchLead(id).catch(() => null)))
  for (const lead of found) {
    if (!lead) continue
    for (const query of long) client.setQueryData<LeadPages>(query.queryKey, old => old && withLead(old, leadRowOf(lead)))
  }
}
