import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { example, faultWords, formOf, listed, newField, rulesOf } from '@/features/vendors/rules'
import type { VendorRules } from '@/lib/api/types'
import { openBooks, setLocale } from '@/lib/i18n'

const rules: VendorRules = {
  code_required: true,
  fields: [{ name: 'phone_home', target: 'phone', format: 'digits10', required: true }, { name: 'plan', target: 'nowhere', options: ['a', 'b'] }],
  one_of: [['zip', 'state']],
  equal: [{ field: 'lp_caller_id', to: 'phone_home' }],
}

beforeAll(() => openBooks('admin'))
afterAll(() => setLocale('en'))

describe('the rules of a vendor', () => {
  it('come back as they went into the form', () => {
    expect(rulesOf(formOf(rules))).toMatchObject(rules)
    expect(rulesOf(formOf({ fields: [] }))).toEqual({ fields: [], one_of: [], equal: [], code_required: false, unknown: 'keep', country: null })
  })
  it('are sent without what says nothing', () => {
    const form = { ...formOf({ fields: [] }), country: ' us', one_of: [['', ' '], ['a', '']], equal: [{ field: '', to: '' }], fields: [{ ...newField(), name: ' x ', options: listed('a, b,'), key: 'left' }] }
    expect(rulesOf(form)).toMatchObject({ country: 'US', one_of: [['a']], equal: [], fields: [{ name: 'x', options: ['a', 'b'], key: null }] })
  })
  it('are explained in words', async () => {
    const said = (field: string, code: string) => faultWords({ field, code, message: 'as the server says it' }, rules)
    expect(said('phone_home', 'format')).toBe('must be exactly 10 digits')
    expect(said('plan', 'not_one_of')).toBe('must be one of: a, b')
    expect(said('lp_caller_id', 'mismatch')).toBe('must be the same as phone_home')
    expect(said('zip', 'required')).toBe('give at least one of: zip, state')
    expect(said('phone_home', 'required')).toBe('is missing')
    expect(said('x', 'moon')).toBe('as the server says it')
    await setLocale('vi')
    expect(said('phone_home', 'format')).toBe('phải là đúng 10 chữ số')
  })
  it('are met by the example', () => {
    expect(JSON.parse(example(rules, 'ACME'))).toEqual({ phone_home: '4155550123', plan: 'a', lp_caller_id: '4155550123', vendor_code: 'ACME' })
  })
})
