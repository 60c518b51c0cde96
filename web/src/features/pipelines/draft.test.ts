import { describe, expect, it } from 'vitest'
import { changesOf, draftOf, fieldsOf, keyOf, moved, sentFields } from '@/features/pipelines/draft'
import type { Pipeline } from '@/lib/api/types'

const stage = (key: string, more: object = {}) => ({ id: 1, key, name: key, kind: 'open', sla_hours: 24, position: 0, follow_ups: [], is_active: true, ...more })
const pipeline = {
  id: 1, key: 'p', name: 'P', is_default: true, is_active: true, currency: 'USD', has_students: false, version: 3,
  dispositions: [{ key: 'warm', name: 'Warm' }], checklist: [], lost_reasons: ['Too far'],
  stages: [stage('new'), stage('old', { is_active: false }), stage('won', { kind: 'won', sla_hours: null })],
  fields: [
    { id: 1, key: 'grade', label: 'Grade', kind: 'choice', options: ['A', 'B'], is_required: true, is_filterable: false, position: 0, is_active: true },
    { id: 2, key: 'gone', label: 'Gone', kind: 'text', options: [], is_required: false, is_filterable: false, position: 1, is_active: false },
  ],
} as unknown as Pipeline

describe('a key', () => {
  it('is made of a name in any language, and is nobody else’s', () => {
    expect(keyOf('Đã gửi học bạ!', [])).toBe('da_gui_hoc_ba')
    expect(keyOf('New', ['new', 'new_2'])).toBe('new_3')
    expect(keyOf('电话', [], 'stage')).toBe('stage')
    expect(keyOf('x'.repeat(90), []).length).toBeLessThanOrEqual(60)
  })
})

describe('a list', () => {
  it('has a row in another place, and stays as it is at its ends', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b'])
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
  })
})

describe('a pipeline', () => {
  const read = draftOf(pipeline)
  it('is sent by the parts that changed alone', () => {
    expect(changesOf(read, read, pipeline)).toEqual({})
    expect(changesOf({ ...read, name: ' Q ' }, read, pipeline)).toEqual({ name: 'Q' })
  })

  it('gives new rows keys that not even a former row had', () => {
    const added = { uid: 'new-1', key: '', name: 'Old', kind: 'open' as const, hours: '', followUps: [{ uid: 'a', title: ' Call ', description: '', hours: '4' }] }
    const change = changesOf({ ...read, stages: [...read.stages, added] }, read, pipeline)
    expect(change.stages?.map(one => [one.key, one.sla_hours])).toEqual([['new', 24], ['won', null], ['old_2', null]])
    expect(change.stages?.[2]?.follow_ups).toEqual([{ title: 'Call', description: '', due_hours: 4 }])
    const terms = [...read.dispositions, { uid: 'new-2', key: '', name: 'Warm' }]
    expect(changesOf({ ...read, dispositions: terms }, read, pipeline).dispositions?.[1]).toEqual({ key: 'warm_2', name: 'Warm' })
  })

  it('sends the fields that it has, with what can be chosen', () => {
    const rows = fieldsOf(pipeline)
    expect(rows.map(row => row.key)).toEqual(['grade'])
    const text = { uid: 'new-3', key: '', label: 'Gone', kind: 'text' as const, options: 'ignored', required: false, filterable: true, isNew: true }
    const sent = sentFields([{ ...rows[0]!, options: 'A\n\n C ' }, text], pipeline)
    expect(sent.map(field => [field.key, field.options])).toEqual([['grade', ['A', 'C']], ['gone_2', []]])
  })
})
