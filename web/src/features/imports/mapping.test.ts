import { describe, expect, it } from 'vitest'
import { choose, columnOf, forPipeline, hasDays, lacking, letters, samples, tagsOf, tellsWho } from '@/features/imports/mapping'
import type { Pipeline } from '@/lib/api/types'

const field = (key: string, label: string, more: object = {}) => ({ id: 1, key, label, kind: 'text', options: [], is_required: false, is_filterable: false, position: 0, is_active: true, ...more })
const pipeline = (...fields: object[]) => ({ fields, stages: [], dispositions: [] }) as unknown as Pipeline

describe('a mapping', () => {
  it('gives no field to two columns', () => {
    expect(choose({ 0: 'name', 1: 'notes' }, 2, 'notes')).toEqual({ 0: 'name', 2: 'notes' })
    expect(choose({ 0: 'name', 1: 'phone' }, 1, '')).toEqual({ 0: 'name' })
  })

  it('has several columns of phone numbers, and knows which of them is at fault', () => {
    const mapping = choose({ 0: 'name', 1: 'phone' }, 10, 'phone')
    expect(mapping).toEqual({ 0: 'name', 1: 'phone', 10: 'phone' })
    expect(['phone', 'phone.2', 'phone.3', 'email.2'].map(field => columnOf(mapping, field))).toEqual([1, 10, null, null])
  })

  it('knows the column of a fault, also of a part and of an own field', () => {
    const mapping = { 0: 'name', 3: 'tags', 4: 'custom.entry.year' }
    expect([columnOf(mapping, 'tags.2'), columnOf(mapping, 'custom.entry.year'), columnOf(mapping, 'row')]).toEqual([3, 4, null])
  })

  it('tells whom a row is about', () => {
    expect([tellsWho({ 0: 'notes' }), tellsWho({ 0: 'notes', 1: 'phone' })]).toEqual([false, true])
  })

  it('lacks what a new lead must have, unless leads are only changed', () => {
    const needs = pipeline(field('year', 'Năm học', { is_required: true }), field('x', 'X'))
    expect(lacking({ 0: 'name' }, needs, 'skip').map(one => one.key)).toEqual(['year'])
    expect(lacking({ 0: 'custom.year' }, needs, 'skip')).toEqual([])
    expect(lacking({ 0: 'name' }, needs, 'update')).toEqual([])
  })

  it('asks how days are written only where there are any', () => {
    const dated = pipeline(field('visit', 'Visit', { kind: 'date' }))
    expect([hasDays({ 0: 'name' }, dated), hasDays({ 0: 'custom.visit' }, dated), hasDays({ 0: 'created_at' }, undefined)]).toEqual([false, true, true])
  })

  it('follows the pipeline', () => {
    const to = pipeline(field('year', 'Năm học'), field('budget', 'Budget'))
    expect(forPipeline({ 0: 'name', 1: 'custom.gone' }, ['Họ tên', 'X', 'nam hoc', 'BUDGET'], to)).toEqual({ 0: 'name', 2: 'custom.year', 3: 'custom.budget' })
  })
})

describe('what is shown of a table', () => {
  it('are letters as spreadsheets count', () => {
    expect([0, 25, 26, 51, 52, 701, 702].map(letters)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA'])
  })

  it('are the first different values', () => {
    expect(samples([['a', ''], ['a', 'x'], ['b'], ['c', 'y'], ['d', 'z']], 0)).toEqual(['a', 'b', 'c'])
    expect(samples([['a', ''], ['a', 'x']], 1)).toEqual(['x'])
  })

  it('are tags once', () => {
    expect(tagsOf(' web, fair 2026 ,,web')).toEqual(['web', 'fair 2026'])
  })
})
