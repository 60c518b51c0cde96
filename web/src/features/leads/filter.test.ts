import { describe, expect, it } from 'vitest'
import { leadFilter } from '@/features/leads/filter'

describe('the filter of leads', () => {
  it('shows open leads unless a stage or an outcome is asked for', () => {
    expect(leadFilter({}).outcome).toBe('open')
    expect(leadFilter({ status: 'enrolled' }).outcome).toBeUndefined()
    expect(leadFilter({ outcome: 'any' }).outcome).toBeUndefined()
    expect(leadFilter({ outcome: 'won' }).outcome).toBe('won')
  })
  it('passes the rest on and leaves out what is off', () => {
    expect(leadFilter({ owner: 'me', late: false, q: 'nguyen' })).toMatchObject({ assigned_to: 'me', overdue: undefined, search: 'nguyen' })
  })
})
