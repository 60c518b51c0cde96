import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { choices, example, faultWords, formOf, newField, rulesOf, typedChoices } from '@/features/vendors/rules'
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
    const form = { ...formOf({ fields: [] }), country: ' us', one_of: [['', ' '], ['a', '']], equal: [{ field: '', to: '' }], fields: [{ ...newField(), name: ' x ', options: choices(' a\nb\n'), key: 'left' }] }
    expect(rulesOf(form)).toMatchObject({ country: 'US', one_of: [['a']], equal: [], fields: [{ name: 'x', options: ['a', 'b'], key: null }] })
  })
  it('keep choices that hold commas', () => {
    const options = ['Under $10,000', '$10,000 - $25,000', 'More than $100,000']
    const shown = formOf({ fields: [{ name: 'bills', target: 'custom', options }] })
    const edited = { ...shown, fields: shown.fields.map(rule => ({ ...rule, options: choices(typedChoices(rule.options)) })) }
    expect(rulesOf(edited).fields[0]?.options).toEqual(options)
    expect(choices('')).toEqual([])
  })
  it('are explained in words', async () => {
    const said = (field: string, code: string) => faultWords({ field, code, message: 'as the server says it' }, rules)
    expect(said('phone_home', 'format')).toBe('must be exactly 10 digits')
    expect(said('plan', 'not_one_of')).toBe('must be one of: a | b')
    expect(said('lp_caller_id', 'mismatch')).toBe('must be the same as phone_home')
    expect(said('zip', 'required')).toBe('give at least one of: zip, state')
    expect(said('phone_home', 'required')).toBe('is missing')
    expect(said('plan', 'format')).toBe('does not read as its field asks')
    expect(said('x', 'not_one_of')).toBe('is none of the choices')
    expect(said('x', 'moon')).toBe('as the server says it')
    await setLocale('vi')
    expect(said('phone_home', 'format')).toBe('phải là đúng 10 chữ số')
  })
  it('are met by the example', () => {
    expect(JSON.parse(example(rules, 'ACME'))).toEqual({ phone_home: '4155550123', plan: 'a', lp_caller_id: '4155550123', vendor_code: 'ACME' })
  })
})
