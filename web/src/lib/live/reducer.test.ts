import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '@/lib/live/frames'
import { noEffects, reduce, rowPatch } from '@/lib/live/reducer'

const event = (kind: string, more: Partial<LiveEvent> = {}): LiveEvent => ({
  type: 'event', seq: 1, at: '2026-01-01T00:00:00.000Z', kind, subject: { kind: 'ticket', id: 7 }, ticket_id: 7, contact_id: 3,
  actor: null, data: null, ...more,
})
const run = (...events: LiveEvent[]) => {
  const effects = noEffects()
  for (const one of events) reduce(effects, one, 42)
  return effects
}

describe('an event', () => {
  it('of a ticket asks for its row and the counts', () => {
    const effects = run(event('ticket.status_changed', { data: { before: { status: 'open' }, after: { status: 'resolved' } } }))
    expect([...effects.rows]).toEqual([7])
    expect(effects.counts).toBe(true)
    expect(effects.patches.get(7)).toEqual({ status: 'resolved' })
  })

  it('burst names each ticket once and keeps the last word', () => {
    const effects = run(
      event('ticket.updated', { data: { before: { priority: 'low' }, after: { priority: 'high' } } }),
      event('ticket.updated', { data: { before: {}, after: { priority: 'low', status: 'open' } } }),
      event('message.added', { data: { message_id: 1, direction: 'inbound' } }),
    )
    expect([...effects.rows]).toEqual([7])
    expect(effects.patches.get(7)).toEqual({ priority: 'low', status: 'open' })
  })

  it('of a message reaches the leads of whoever it is with', () => {
    const touched = (...events: LiveEvent[]) => [...run(...events).invalidate.values()]
    expect(touched(event('message.added', { data: { direction: 'inbound' } }))).toEqual(
      expect.arrayContaining([['lead'], ['leads', 'board'], ['leads', 'of-contact', 3]]),
    )
    expect(touched(event('message.added', { contact_id: null }))).not.toContainEqual(['lead'])
  })

  it('of a delivery patches the message and refetches no row', () => {
    const effects = run(event('message.delivery', { data: { message_id: 9, before: 'sent', after: 'read' } }))
    expect(effects.messages.get(9)?.change.delivery?.state).toBe('read')
    expect(effects.rows.size).toBe(0)
    expect([...effects.details]).toEqual([7])
    expect(effects.counts).toBe(false)
  })

  it('of another user leaves me alone, and of me does not', () => {
    expect(run(event('user.status_changed', { subject: { kind: 'user', id: 1 }, ticket_id: null })).me).toBe(false)
    expect(run(event('user.status_changed', { subject: { kind: 'user', id: 42 }, ticket_id: null })).me).toBe(true)
  })

  it('that gives me a ticket, or takes it, asks for my load', () => {
    expect(run(event('ticket.assigned', { data: { before: { assignee_id: null }, after: { assignee_id: 42 } } })).me).toBe(true)
    expect(run(event('ticket.assigned', { data: { before: { assignee_id: 42 }, after: { assignee_id: 1 } } })).me).toBe(true)
    expect(run(event('ticket.assigned', { data: { before: { assignee_id: 2 }, after: { assignee_id: 1 } } })).me).toBe(false)
  })

  it('of a keyword touches keywords alone', () => {
    const effects = run(event('keyword.updated', { subject: { kind: 'keyword', id: 1 }, ticket_id: null }))
    expect([...effects.invalidate.values()]).toEqual([['keywords']])
    expect(effects.rows.size + effects.details.size).toBe(0)
  })

  it('of a person touches the lists and the person; a merge touches whatever two had', () => {
    const touched = (kind: string) => [...run(event(kind, { subject: { kind: 'contact', id: 3 }, ticket_id: null })).invalidate.values()]
    expect(touched('contact.created')).toEqual([['contact-lists'], ['contact-duplicates'], ['contact', 3]])
    expect(touched('contact.merged')).toEqual(expect.arrayContaining([['contact'], ['leads'], ['lead'], ['contact-tickets']]))
  })

  it('of a message or a lead shows in the timeline of the person', () => {
    expect([...run(event('message.added', { data: { message_id: 1, direction: 'inbound' } })).invalidate.values()]).toContainEqual(['contact', 3, 'timeline'])
    expect([...run(event('lead.assigned', { ticket_id: null })).invalidate.values()]).toContainEqual(['contact', 3, 'timeline'])
    expect([...run(event('user.updated', { subject: { kind: 'user', id: 1 }, ticket_id: null })).invalidate.values()]).not.toContainEqual(['contact', 3, 'timeline'])
  })

  it('of an import or a notification asks for those alone', () => {
    const touched = (kind: string) => [...run(event(kind, { subject: null, ticket_id: null, contact_id: null })).invalidate.values()]
    expect(touched('import.progress')).toEqual([['imports']])
    expect(touched('notification.created')).toEqual([['notifications']])
  })

  it('of an unknown kind does nothing', () => {
    expect(run(event('weather.changed'))).toEqual(noEffects())
  })
})

describe('fields of an event', () => {
  it('are taken only in the shape of a row', () => {
    expect(rowPatch({ status: 'on fire', priority: 3, tags: ['a', 1], subject: null })).toEqual({})
    expect(rowPatch({ tags: ['a'], subject: 'S' })).toEqual({ tags: ['a'], subject: 'S' })
  })
})
