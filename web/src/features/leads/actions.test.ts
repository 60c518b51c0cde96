import { describe, expect, it } from 'vitest'
import { moveCard } from '@/features/leads/actions'
import type { Board, BoardColumn, Card } from '@/lib/api/types'

const card = (id: number, over: Partial<Card> = {}): Card => ({
  id, name: `Lead ${id}`, contact_id: id, owner: null, value: 100, currency: 'USD', score: 10, tags: [], due_at: null, is_overdue: false,
  is_stale: null, stage_entered_at: '2026-01-01T00:00:00Z', last_interaction_at: null, priority: 'medium', version: 1, last_ticket_id: null, ...over,
})
const column = (status: string, leads: Card[]): BoardColumn => ({
  status, name: status, kind: 'open', count: leads.length, count_capped: false, overdue_count: leads.filter(l => l.is_overdue).length,
  value: leads.reduce((sum, l) => sum + (l.value ?? 0), 0), currency: 'USD', leads, next_cursor: null,
})
const board = (): Board => ({ pipeline_id: 1, columns: [column('new', [card(1, { is_overdue: true }), card(2)]), column('won', [card(3)])] })

describe('moving a card', () => {
  it('puts it at the head of its new column and keeps the numbers right', () => {
    const moved = moveCard(board(), 1, 'won')
    expect(moved.columns.map(c => c.leads.map(l => l.id))).toEqual([[2], [1, 3]])
    expect(moved.columns.map(c => [c.count, c.overdue_count, c.value])).toEqual([[1, 0, 100], [2, 0, 200]])
    expect(moved.columns[1]?.leads[0]?.is_overdue).toBe(false)
  })
  it('leaves the board alone for a card that is there already or not at all', () => {
    const before = board()
    expect(moveCard(before, 1, 'new')).toBe(before)
    expect(moveCard(before, 99, 'won')).toBe(before)
  })
})
