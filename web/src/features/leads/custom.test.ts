import { describe, expect, it } from 'vitest'
import { customTyped, customValue } from '@/features/leads/custom'

describe('a field of the pipeline', () => {
  it('is typed as it is read', () => {
    for (const [kind, value] of [['number', 7.5], ['bool', false], ['text', 'A b'], ['date', '2026-03-04'], ['choice', 'bus']] as const) {
      expect(customValue(kind, customTyped(value))).toBe(value)
    }
  })
  it('is taken out where nothing is typed', () => {
    expect(customTyped(undefined)).toBe('')
    expect(customValue('number', ' ')).toBeNull()
    expect(customValue('bool', '')).toBeNull()
  })
  it('takes a decimal comma, and sends what is no number for the server to judge', () => {
    expect(customValue('number', '1,5')).toBe(1.5)
    expect(customValue('number', 'seven')).toBe('seven')
  })
})
