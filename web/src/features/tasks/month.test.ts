import { describe, expect, it } from 'vitest'
import { monthGrid, shiftMonth } from '@/features/tasks/month'

describe('a month as weeks', () => {
  it('begins on a Monday and holds every day once', () => {
    const weeks = monthGrid('2026-02')
    expect(weeks[0]?.[0]).toBe('2026-01-26')
    expect(weeks.flat().filter(date => date.startsWith('2026-02'))).toHaveLength(28)
    expect(monthGrid('2027-02')).toHaveLength(4)
    expect(monthGrid('2026-08')).toHaveLength(6)
  })
  it('goes over the year', () => {
    expect(shiftMonth('2026-12', 1)).toBe('2027-01')
    expect(shiftMonth('2026-01', -1)).toBe('2025-12')
  })
})
