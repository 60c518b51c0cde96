import { describe, expect, it } from 'vitest'
import { noticeDetail, noticeTitle } from '@/app/notice-words'

describe('a notification', () => {
  it('says what it is about and who did it', () => {
    const told = { kind: 'task.assigned', data: { title: 'Call back', by: 3, due_at: null } }
    expect([noticeTitle(told), noticeDetail(told, 'Linda'), noticeDetail(told)]).toEqual(['Call back', 'Linda gave you a task', 'Task given to you'])
  })

  it('of many leads at once says how many', () => {
    const told = { kind: 'lead.assigned', data: { count: 12, by: 3 } }
    expect([noticeTitle(told), noticeDetail(told, 'Linda')]).toEqual(['12 leads', 'Linda gave you a lead'])
  })

  it('names the stage of an overdue lead, and no day that is over', () => {
    const told = { kind: 'lead.overdue', data: { name: 'Sofia', stage: 'Connected', due_at: '2026-01-01T00:00:00Z' } }
    expect([noticeTitle(told), noticeDetail(told)]).toEqual(['Sofia', 'Overdue in Connected'])
  })

  it('tells until when', () => {
    expect(noticeDetail({ kind: 'task.reminder', data: { title: 'X', due_at: '2026-03-04T10:00:00Z' } })).toMatch(/^Reminder of a task · due .*2026/)
  })

  it('of a kind that is not known here is shown all the same', () => {
    const told = { kind: 'report.is_ready', data: {} }
    expect([noticeTitle(told), noticeDetail(told)]).toEqual(['Report is ready', ''])
    expect(noticeDetail({ kind: 'report.is_ready', data: { name: 'Weekly' } }, 'Ada')).toBe('Report is ready · Ada')
  })
})
