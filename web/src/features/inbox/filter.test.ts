import { expect, it } from 'vitest'
import { filterOf } from '@/features/inbox/filter'

it('shows my open work when the address says nothing', () => {
  expect(filterOf({})).toEqual({ queue: 'mine', status: 'new,open,pending_customer' })
})

it('searches in every status, unless one is chosen', () => {
  expect(filterOf({ tab: 'all', q: 'x' })).toEqual({ queue: 'all', search: 'x' })
  expect(filterOf({ tab: 'all', q: 'x', status: 'closed' })).toEqual({ queue: 'all', search: 'x', status: 'closed' })
})

it('knows any status, and that spam has none', () => {
  expect(filterOf({ tab: 'all', status: 'any' })).toEqual({ queue: 'all' })
  expect(filterOf({ tab: 'spam' })).toEqual({ queue: 'spam' })
})
