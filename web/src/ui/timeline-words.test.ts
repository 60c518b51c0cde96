import { beforeAll, describe, expect, it } from 'vitest'
import type { Pipeline, TimelineEntry } from '@/lib/api/types'
import { openBooks } from '@/lib/i18n'
import { actorOf, changesOf, isOnlyDepartment, stageOf, type Known, type TimelineNames } from '@/ui/timeline-words'

const pipeline = {
  stages: [{ key: 'new', name: 'New enquiry' }],
  dispositions: [{ key: 'hot', name: 'Very interested' }],
  checklist: [{ key: 'tour', name: 'Campus tour' }],
} as unknown as Pipeline
const names: TimelineNames = { of: id => (id === 1 ? { pipeline, currency: 'USD', owner: { id: 9, name: 'Ola Owner' }, vendor: { id: 4, name: 'Leads Ltd' } } : undefined) }
const known: Known = { people: new Map([[2, 'Linda Tran']]), departments: new Map([[5, 'Admissions']]), apiKeys: new Map([[7, 'Website']]), sources: new Map([['web', 'Our website']]) }
const entry = (kind: string, data: object, actor: object = { kind: 'user', id: 2, name: 'Linda Tran' }, subject = 1) =>
  ({ id: 1, at: '2026-03-01T00:00:00Z', event_type: 'change', kind, actor, subject: { kind: 'lead', id: subject }, data, item: null }) as unknown as TimelineEntry
const said = (kind: string, data: object) => changesOf(entry(kind, data), names, known)

describe('an entry of the timeline', () => {
  beforeAll(() => openBooks('leads'))

  it('of a new owner says to whom and from whom', () => {
    expect(said('lead.assigned', { before: { owner_id: null, department_id: 5 }, after: { owner_id: 2, department_id: 5 } })).toEqual(['Nobody → Linda Tran'])
    expect(said('lead.assigned', { before: { owner_id: 2 }, after: { owner_id: 9 } })).toEqual(['Linda Tran → Ola Owner'])
    expect(said('lead.assigned', { before: { owner_id: 77 }, after: { owner_id: null } })).toEqual(['somebody → Nobody'])
  })

  it('of a new department says which', () => {
    const moved = { before: { owner_id: 2, department_id: null }, after: { owner_id: 2, department_id: 5 } }
    expect(said('lead.assigned', moved)).toEqual(['Department: None → Admissions'])
    expect(isOnlyDepartment(entry('lead.assigned', moved))).toBe(true)
  })

  it('of changed facts says before and after by their names, and of the others that they changed', () => {
    const fields = ['source', 'disposition', 'priority', 'value', 'currency', 'tags', 'score', 'checklist', 'name', 'notes']
    const before = { source: 'fair', disposition: null, priority: 'low', value: null, currency: 'USD', tags: ['cold', 'vip'], score: 40, checklist: [] }
    const after = { source: 'web', disposition: 'hot', priority: 'high', value: 120000, currency: 'USD', tags: ['vip', 'hot'], score: 55, checklist: ['tour'] }
    expect(said('lead.updated', { fields, before, after })).toEqual([
      'Source: fair → Our website',
      'Disposition: None → Very interested',
      'Priority: Low → High',
      'Value: None → $1,200.00',
      'Tags: + hot, − cold',
      'Score: 40 → 55',
      'Checklist: + Campus tour',
      'Name, notes',
    ])
  })

  it('of a lead that the page does not know says keys', () => {
    expect(stageOf(names, 1, 'new')).toBe('New enquiry')
    expect(stageOf(names, 2, 'new')).toBe('new')
    expect(changesOf(entry('lead.updated', { fields: ['disposition'], before: {}, after: { disposition: 'hot' } }, undefined, 2), names, known)).toEqual(['Disposition: None → hot'])
  })

  it('says which program did it, and automatic only of the desk itself', () => {
    const by = (actor: object, data: object = {}) => actorOf(entry('lead.created', data, actor), names, known)
    const key = (id: number) => ({ kind: 'api_key', id, name: null })
    expect(by(key(7))).toBe('Website (API key)')
    expect(by(key(8))).toBe('A program with an API key')
    expect(by(key(8), { vendor_id: 4 })).toBe('Leads Ltd (vendor)')
    expect(by(key(8), { vendor_id: 3 })).toBe('A vendor')
    expect(by({ kind: 'system', id: null, name: null })).toBe('Automatic')
    expect(by({ kind: 'contact', id: 3, name: null })).toBe('The customer')
    expect(by({ kind: 'user', id: 2, name: 'Linda Tran' })).toBe('Linda Tran')
  })
})
