import { describe, expect, it } from 'vitest'
import { boardFilter, filtersOf, leadFilter, readLeadsSearch, viewQueryOf } from '@/lib/lead-search'

describe('the address of leads', () => {
  it('is read, and what is not understood is left out', () => {
    const read = readLeadsSearch({ status: 'new,lost', min: '40', max: 400, from: '2026-01-03', to: 'soon', late: 'false', sort: 'moon', q: 4155, 'custom.city': 'Hà Nội', 'custom.': 'x', other: 1 })
    expect(filtersOf(read)).toEqual({ status: 'new,lost', min: 40, from: '2026-01-03', late: false, q: '4155', 'custom.city': 'Hà Nội' })
  })
  it('asks for open leads unless a stage, an outcome or the archive is asked for', () => {
    expect(leadFilter({}).outcome).toBe('open')
    expect(leadFilter({ status: 'enrolled' }).outcome).toBeUndefined()
    expect(leadFilter({ archived: true }).outcome).toBeUndefined()
    expect(leadFilter({ outcome: 'any' }).outcome).toBeUndefined()
    expect(leadFilter({ outcome: 'won' }).outcome).toBe('won')
  })
  it('is passed on, custom fields as well', () => {
    expect(leadFilter({ owner: 'me', late: false, q: 'nguyen', min: 10, 'custom.city': 'x' })).toMatchObject({ assigned_to: 'me', overdue: false, search: 'nguyen', score_min: 10, 'custom.city': 'x' })
  })
  it('of a board says nothing of stages and order', () => {
    const asked = boardFilter({ status: 'new', sort: 'name', archived: true, tag: 'vip' }, 3)
    expect(asked).toMatchObject({ pipeline_id: 3, tag: 'vip' })
    for (const key of ['status', 'outcome', 'archived', 'sort']) expect(key in asked).toBe(false)
  })
  it('is kept by a view without its columns and without the view it came from', () => {
    expect(viewQueryOf({ sort: 'name', cols: 'name,score', view: 4, tag: 'vip', q: undefined })).toEqual({ sort: 'name', tag: 'vip' })
  })
})
