import { expect, it } from 'vitest'
import { wordEvent } from '@/features/inbox/event-line'
import type { EventData, Message } from '@/lib/api/types'

const line = (data: EventData | null, content = 'as the server said') => wordEvent({ content, data, sender: null } as Message)

it('words what it knows', () => {
  expect(line({ kind: 'ticket.assigned', agent: { id: 1, name: 'Lan' } })).toBe('Assigned to Lan')
  expect(line({ kind: 'ticket.assigned', agent_name: 'Lan', by: { name: 'Mai' } })).toBe('Assigned to Lan · Mai')
  expect(line({ kind: 'ticket.status_changed', to: 'pending_customer' })).toBe('Status: Waiting')
  expect(line({ kind: 'ticket.assigned', agent: null })).toBe('Nobody is assigned any more')
})

it('repeats the server where it does not', () => {
  expect(line(null)).toBe('as the server said')
  expect(line({ kind: 'ticket.teleported' })).toBe('as the server said')
  expect(line({ kind: 'ticket.priority_changed' })).toBe('as the server said')
})
