import { describe, expect, it } from 'vitest'
import { draftOf, emptyDraft, isOvernight, isSame, nextSpan, sent, weekWords } from '@/features/business-hours/week'
import type { BusinessHours } from '@/lib/api/types'

const hours: BusinessHours = {
  id: 1,
  name: 'Office',
  zone: 'Asia/Ho_Chi_Minh',
  week: { mon: [{ from: '08:00', to: '12:00' }, { from: '13:00', to: '24:00' }], tue: [{ from: '22:00', to: '06:00' }], wed: [], thu: [], fri: [], sat: [], sun: [] },
  holidays: [{ date: '2026-01-01', name: 'New Year', yearly: true }, { date: '2026-02-17', name: null, yearly: false }],
  is_default: false,
  created_at: '',
  updated_at: '',
  version: 1,
}

describe('a week', () => {
  it('comes back as it was', () => {
    const { name, zone, week, holidays } = hours
    expect(sent(draftOf(hours))).toEqual({ name, zone, week, holidays })
    expect(isSame(draftOf(hours), draftOf(hours))).toBe(true)
    const other = draftOf(hours)
    other.week.sun = [nextSpan([])]
    expect(isSame(draftOf(hours), other)).toBe(false)
  })

  it('begins with working days', () => {
    const draft = emptyDraft('UTC')
    expect([draft.week.mon.length, draft.week.fri.length, draft.week.sat.length]).toEqual([1, 1, 0])
  })

  it('goes on after a morning', () => {
    const [morning] = draftOf(hours).week.mon
    expect(nextSpan(morning ? [morning] : [])).toMatchObject({ from: '13:00', to: '17:00' })
    expect(nextSpan(draftOf(hours).week.mon)).toMatchObject({ from: '', to: '' })
  })

  it('knows what ends on the next day', () => {
    const { mon, tue } = draftOf(hours).week
    expect([...mon, ...tue].map(isOvernight)).toEqual([false, false, true])
  })

  it('is said with like days together', () => {
    const day = [{ from: '08:00', to: '17:00' }]
    expect(weekWords({ mon: day, tue: day, wed: day, thu: day, fri: day, sat: [{ from: '09:00', to: '14:00' }], sun: [] })).toEqual(['Mon – Fri 08:00–17:00', 'Sat 09:00–14:00'])
    expect(weekWords(hours.week)).toEqual(['Mon 08:00–12:00, 13:00–24:00', 'Tue 22:00–06:00'])
  })
})
