import { describe, expect, it } from 'vitest'
import { answerWindow, shortAge, span, windowState } from '@/lib/time'

const NOW = Date.parse('2026-03-10T12:00:00.000Z')
const before = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString()

describe('ages', () => {
  it('are short, in either language', () => {
    expect(shortAge(before(0), NOW, 'en')).toBe('now')
    expect(shortAge(before(59), NOW, 'en')).toBe('59m')
    expect(shortAge(before(60), NOW, 'en')).toBe('1h')
    expect(shortAge(before(60 * 24 * 3), NOW, 'en')).toBe('3d')
    expect(shortAge(before(60 * 24 * 30), NOW, 'en')).toBe('Feb 8')
    expect(shortAge(before(5), NOW, 'vi')).toContain('5')
  })

  it('of the future are now', () => {
    expect(shortAge(before(-5), NOW, 'en')).toBe('now')
  })

  it('have words', () => {
    expect(span(3 * 3_600_000, 'en')).toBe('3 hours')
    expect(span(90_000, 'en')).toBe('1 minute')
    expect(span(59_999, 'en')).toBe('59 seconds')
    expect(span(-5, 'en')).toBe('0 seconds')
  })
})

describe('the answer window', () => {
  it('is known per channel', () => {
    expect(answerWindow('whatsapp')).toBe(24 * 3_600_000)
    expect(answerWindow('zalo')).toBe(48 * 3_600_000)
    expect(answerWindow('email')).toBeNull()
  })

  it('is open, soon over, then closed', () => {
    expect(windowState('facebook', before(60), NOW)).toMatchObject({ closed: false, soon: false })
    expect(windowState('facebook', before(21 * 60), NOW)).toMatchObject({ closed: false, soon: true })
    expect(windowState('facebook', before(24 * 60), NOW)).toMatchObject({ closed: true, left: 0 })
    expect(windowState('zalo', before(24 * 60), NOW)).toMatchObject({ closed: false, soon: false })
    expect(windowState('email', before(9999), NOW)).toBeNull()
    expect(windowState('facebook', null, NOW)).toBeNull()
  })
})
