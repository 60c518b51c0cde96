import { describe, expect, it } from 'vitest'
import { contactFilter } from '@/features/people/filter'

describe('the address of the list of people', () => {
  it('asks for nothing that it does not say', () => {
    expect(JSON.stringify(contactFilter({}))).toBe('{}')
    expect(contactFilter({ q: '  ' }).search).toBeUndefined()
  })

  it('says what the server is asked', () => {
    expect(contactFilter({ q: ' dao ', kind: 'company', blocked: true, sort: 'name' })).toEqual({ search: 'dao', kind: 'company', is_blocked: true, sort: 'name' })
  })
})
