import { describe, expect, it } from 'vitest'
import { taskChange, type TaskFields } from '@/lib/task-fields'

const before: TaskFields = { title: 'Call', description: '', due: '2026-03-04T23:59', remind: '', who: '7' }

describe('what of a form is a change', () => {
  it('is nothing while nothing differs', () => {
    expect(taskChange(before, { ...before, title: ' Call ' })).toEqual({})
  })
  it('is what differs, cleared where it is empty', () => {
    expect(taskChange(before, { ...before, title: 'Call back', due: '', who: '' })).toEqual({ title: 'Call back', due_at: null, assigned_to: null })
    expect(taskChange(before, { ...before, remind: '2026-03-04T09:00', who: '8' })).toEqual({ remind_at: new Date('2026-03-04T09:00').toISOString(), assigned_to: 8 })
  })
})
