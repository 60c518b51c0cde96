import { QueryClient } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { keys } from '@/lib/api/keys'
import { isLong, withLead } from '@/lib/live/leads'
import type { LeadList, LeadRow } from '@/lib/api/types'

const row = (id: number, name = `Lead ${id}`) => ({ id, name }) as LeadRow
const page = (...ids: number[]) => ({ leads: ids.map(id => row(id)), total: 9, next_cursor: null }) as unknown as LeadList
const pages = (...all: LeadList[]) => ({ pages: all, pageParams: all.map(() => null) })

describe('a long list of leads', () => {
  it('takes a changed row in its place, and leaves the other pages as they are', () => {
    const before = pages(page(1, 2), page(3, 4))
    const after = withLead(before, row(3, 'New name'))
    expect(after.pages[1]?.leads.map(lead => lead.name)).toEqual(['New name', 'Lead 4'])
    expect(after.pages[0]).toBe(before.pages[0])
    expect(withLead(before, row(99))).toBe(before)
  })
  it('is known by its pages', () => {
    const client = new QueryClient()
    const query = (queryKey: readonly unknown[], data: unknown) => {
      client.setQueryData(queryKey, data)
      const found = client.getQueryCache().find({ queryKey })
      return found ? isLong(found) : null
    }
    const many = pages(page(1), page(2), page(3), page(4))
    expect(query(keys.leadList({}), pages(page(1)))).toBe(false)
    expect(query(keys.leadList({ tag: 'x' }), many)).toBe(true)
    expect(query(['ticket'], many)).toBe(false)
  })
})
