import { expect, it } from 'vitest'
import { otherAddresses } from '@/features/leads/other-addresses'

it('reads the addresses of others, and passes over whatever else stands there', () => {
  const good = { type: 'email', value: 'b@example.com', contact_id: 2 }
  const told = [good, null, 'x', { type: 'email' }, { ...good, contact_id: '2' }, { ...good, contact_id: 1 }]
  expect(otherAddresses({ contact_id: 1, metadata: { other_addresses: told } })).toEqual([good])
  expect(otherAddresses({ contact_id: 1, metadata: { other_addresses: 'x' } })).toEqual([])
  expect(otherAddresses({ contact_id: 1, metadata: {} })).toEqual([])
})
