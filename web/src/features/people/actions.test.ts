import { describe, expect, it } from 'vitest'
import { changedMethod, withMethod } from '@/features/people/actions'
import type { ContactDetail, ContactMethod } from '@/lib/api/types'

const NOW = '2026-01-02T00:00:00.000Z'
const method = (id: number, more: Partial<ContactMethod> = {}): ContactMethod => ({
  id, kind: 'phone', value: `+1415555010${id}`, account_id: null, is_primary: false, is_active: true, is_verified: false,
  opted_out_at: null, consent_at: null, consent_source: null, ...more,
})

describe('an address', () => {
  it('that is said to be another one is no longer verified', () => {
    expect(changedMethod(method(1, { is_verified: true }), { value: '+14155550199' }, NOW)).toMatchObject({ value: '+14155550199', is_verified: false })
    expect(changedMethod(method(1, { is_verified: true }), { is_active: false }, NOW)).toMatchObject({ is_active: false, is_verified: true })
  })

  it('keeps when somebody opted out or agreed, and forgets both when taken back', () => {
    const earlier = '2025-01-01T00:00:00.000Z'
    const before = method(1, { opted_out_at: earlier, consent_at: earlier, consent_source: 'form' })
    expect(changedMethod(before, { opted_out: true, consent: true }, NOW)).toMatchObject({ opted_out_at: earlier, consent_at: earlier, consent_source: 'form' })
    expect(changedMethod(before, { opted_out: false, consent: false }, NOW)).toMatchObject({ opted_out_at: null, consent_at: null, consent_source: null })
    expect(changedMethod(method(1), { consent: true, consent_source: 'call' }, NOW)).toMatchObject({ consent_at: NOW, consent_source: 'call' })
  })

  it('that becomes primary takes that from the other one of its kind alone', () => {
    const contact = { methods: [method(1, { is_primary: true }), method(2), method(3, { kind: 'email', is_primary: true })] } as ContactDetail
    expect(withMethod(contact, 2, { is_primary: true }, NOW).methods.map(one => one.is_primary)).toEqual([false, true, true])
  })
})
