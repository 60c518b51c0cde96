/** How a changed row moves through cached lists, and how a fresh ticket meets the one on screen. */
import type { InfiniteData } from '@tanstack/react-query'
import type { TicketFilter } from '@/lib/api/keys'
import type { Me, Ticket, TicketList, TicketRow } from '@/lib/api/types'

export type TicketPages = InfiniteData<TicketList, string | null>

/** Whether the list with this filter holds the row; `unknown` when only the server can tell. */
export function belongs(row: TicketRow, filter: TicketFilter, me: Pick<Me, 'id' | 'departments'>): boolean | 'unknown' {
  if (filter.queue === 'spam' ? !row.is_spam : row.is_spam) return false
  if (filter.queue === 'mine' && row.assigned_agent?.id !== me.id) return false
  if (filter.queue === 'unassigned' && row.assigned_agent !== null) return false
  if (filter.queue === 'department' && !me.departments.some(d => d.id === row.department?.id)) return false
  if (filter.status && !filter.status.split(',').includes(row.status)) return false
  if (filter.priority && !filter.priority.split(',').includes(row.priority)) return false
  if (filter.channel && filter.channel !== row.channel) return false
  if (filter.department_id && filter.department_id !== row.department?.id) return false
  return filter.search ? 'unknown' : true
}

const before = (a: TicketRow, b: TicketRow): boolean =>
  a.last_message_at === b.last_message_at ? a.id > b.id : a.last_message_at > b.last_message_at

/** Puts the row where it belongs, newest message first; takes it out when it belongs no more. */
export function placeRow(pages: TicketPages, row: TicketRow, here: boolean | 'unknown'): TicketPages {
  const known = pages.pages.some(page => page.tickets.some(other => other.id === row.id))
  if (here === 'unknown') return known ? patchRow(pages, row.id, row) : pages
  if (!here && !known) return pages
  const without = pages.pages.map(page => ({ ...page, tickets: page.tickets.filter(other => other.id !== row.id) }))
  const total = (step: number) => without.map(page => ({ ...page, total: Math.max(0, page.total + step) }))
  if (!here) return { ...pages, pages: total(-1) }
  let placed = false
  const filled = (known ? without : total(1)).map((page, index) => {
    if (placed) return page
    const at = page.tickets.findIndex(other => before(row, other))
    const isEnd = index === without.length - 1 && (page.next_cursor === null || known)
    if (at < 0 && !isEnd) return page
    placed = true
    const tickets = at < 0 ? [...page.tickets, row] : page.tickets.toSpliced(at, 0, row)
    return { ...page, tickets }
  })
  return { ...pages, pages: filled }
}

export function patchRow(pages: TicketPages, id: number, change: Partial<TicketRow>): TicketPages {
  const has = (page: TicketList) => page.tickets.some(row => row.id === id)
  if (!pages.pages.some(has)) return pages
  const patch = (row: TicketRow) => (row.id === id ? { ...row, ...change } : row)
  return { ...pages, pages: pages.pages.map(page => (has(page) ? { ...page, tickets: page.tickets.map(patch) } : page)) }
}

/** The row of a ticket: what lists hold. */
export function rowOf(ticket: Ticket): TicketRow {
  const { customer: _c, source: _s, timeline: _t, timeline_cursor: _tc, draft: _d, can: _can, last_inbound_at: _li, ...rest } = ticket
  return rest
}

/** A fresh ticket keeps the older messages that were already loaded, as long as there is no gap between. */
export function mergeTicket(old: Ticket | undefined, fresh: Ticket): Ticket {
  const first = fresh.timeline[0]
  if (!old || !first) return fresh
  const overlap = old.timeline.findIndex(message => message.id === first.id)
  if (overlap <= 0) return fresh
  return {
    ...fresh,
    timeline: [...old.timeline.slice(0, overlap), ...fresh.timeline],
    timeline_cursor: old.timeline_cursor,
  }
}
