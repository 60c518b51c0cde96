import { describe, expect, it } from 'vitest'
import type { Message, Ticket, TicketRow } from '@/lib/api/types'
import { belongs, mergeTicket, patchRow, placeRow, type TicketPages } from '@/lib/live/lists'

const row = (id: number, at: number, more: Partial<TicketRow> = {}): TicketRow => ({
  id, number: id, subject: '', status: 'open', priority: 'medium', channel: 'email', channel_account: null,
  contact: { id: 1, name: 'C' }, department: { id: 1, name: 'D' }, assigned_agent: { id: 9, name: 'Me' }, tags: [], is_spam: false,
  is_bot_handoff: false, preview: '', last_message_at: `2026-01-01T00:00:${String(at).padStart(2, '0')}.000Z`,
  last_message_from: 'customer', unread: 0, created_at: '', updated_at: '', version: 1, ...more,
})
const pages = (next: string | null, ...lists: TicketRow[][]): TicketPages => ({
  pages: lists.map((tickets, i) => ({ tickets, total: 10, total_capped: false, page: i + 1, limit: 2, next_cursor: i === lists.length - 1 ? next : 'x' })),
  pageParams: lists.map(() => null),
})
const ids = (data: TicketPages) => data.pages.map(page => page.tickets.map(ticket => ticket.id))
const me = { id: 9, departments: [{ id: 1, name: 'D', is_manager: false, is_primary: true }] }

describe('a list', () => {
  it('moves a row with a new message to the top', () => {
    const after = placeRow(pages('y', [row(3, 30), row(2, 20)], [row(1, 10)]), row(1, 40), true)
    expect(ids(after)).toEqual([[1, 3, 2], []])
    expect(after.pages[0]?.total).toBe(10)
  })

  it('takes in a new row and counts it', () => {
    const after = placeRow(pages(null, [row(3, 30), row(1, 10)]), row(2, 20), true)
    expect(ids(after)).toEqual([[3, 2, 1]])
    expect(after.pages[0]?.total).toBe(11)
  })

  it('drops a row that belongs no more', () => {
    const after = placeRow(pages(null, [row(3, 30), row(1, 10)]), row(3, 30, { status: 'resolved' }), false)
    expect(ids(after)).toEqual([[1]])
    expect(after.pages[0]?.total).toBe(9)
  })

  it('does not pretend to know what lies beyond its last page', () => {
    expect(ids(placeRow(pages('more', [row(3, 30)]), row(1, 1), true))).toEqual([[3]])
    expect(ids(placeRow(pages(null, [row(3, 30)]), row(1, 1), true))).toEqual([[3, 1]])
  })

  it('stays the same object when a patch does not concern it', () => {
    const data = pages(null, [row(3, 30)])
    expect(patchRow(data, 99, { unread: 1 })).toBe(data)
    expect(placeRow(data, row(99, 1), false)).toBe(data)
  })
})

describe('a row belongs', () => {
  it('by assignee, department, status and spam', () => {
    expect(belongs(row(1, 1), { queue: 'mine' }, me)).toBe(true)
    expect(belongs(row(1, 1, { assigned_agent: null }), { queue: 'mine' }, me)).toBe(false)
    expect(belongs(row(1, 1, { assigned_agent: null }), { queue: 'unassigned' }, me)).toBe(true)
    expect(belongs(row(1, 1, { department: { id: 2, name: '' } }), { queue: 'department' }, me)).toBe(false)
    expect(belongs(row(1, 1, { is_spam: true }), { queue: 'all' }, me)).toBe(false)
    expect(belongs(row(1, 1, { is_spam: true }), { queue: 'spam' }, me)).toBe(true)
    expect(belongs(row(1, 1, { status: 'closed' }), { queue: 'all', status: 'new,open' }, me)).toBe(false)
  })

  it('to a search only as the server says', () => {
    expect(belongs(row(1, 1), { queue: 'all', search: 'x' }, me)).toBe('unknown')
  })
})

describe('a fresh ticket', () => {
  const message = (id: number) => ({ id }) as Message
  const ticket = (timeline: number[], cursor: string | null) => ({ timeline: timeline.map(message), timeline_cursor: cursor }) as Ticket

  it('keeps the older messages already loaded', () => {
    const merged = mergeTicket(ticket([1, 2, 3, 4], null), ticket([3, 4, 5], 'c'))
    expect(merged.timeline.map(m => m.id)).toEqual([1, 2, 3, 4, 5])
    expect(merged.timeline_cursor).toBeNull()
  })

  it('replaces all when there is a gap between', () => {
    const merged = mergeTicket(ticket([1, 2], null), ticket([8, 9], 'c'))
    expect(merged.timeline.map(m => m.id)).toEqual([8, 9])
    expect(merged.timeline_cursor).toBe('c')
  })

  it('forgets a message that was called back', () => {
    expect(mergeTicket(ticket([1, 2, 3, 4], null), ticket([2, 4], 'c')).timeline.map(m => m.id)).toEqual([1, 2, 4])
  })
})
