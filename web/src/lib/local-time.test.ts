import { describe, expect, it } from 'vitest'
import { dayIn, fromField, toField } from '@/lib/local-time'

describe('an instant in a field', () => {
  it('comes back as it was, to the minute', () => {
    const iso = '2026-03-04T05:06:00.000Z'
    expect(toField(iso)).toMatch(/^2026-03-0[345]T\d\d:\d6$/)
    expect(fromField(toField(iso))).toBe(iso)
    expect(fromField(toField('2026-03-04T05:06:59.000Z'))).toBe(iso)
  })
  it('may be none', () => {
    expect(toField(null)).toBe('')
    expect(fromField('')).toBeNull()
  })
})

describe('the day of an instant', () => {
  it('is that of the zone', () => {
    const late = Date.parse('2026-02-28T20:00:00Z')
    expect(dayIn(late, 'UTC')).toBe('2026-02-28')
    expect(dayIn(late, 'Asia/Ho_Chi_Minh')).toBe('2026-03-01')
    expect(dayIn(Date.parse('2027-01-01T03:00:00Z'), 'America/New_York')).toBe('2026-12-31')
  })
})
