import { expect, it } from 'vitest'
import { wordEvent } from '@/features/inbox/event-line'
import type { EventData, Message } from '@/lib/api/types'

const line = (data: EventData | null, content = '') => wordEvent({ content, data, sender: null } as Message)
const system = { kind: 'system', id: null }
const mai = { kind: 'user', id: 2, name: 'Mai' }
const lan = { id: 1, name: 'Lan' }

it('words what it knows, as the server tells it', () => {
  const assigned = { kind: 'ticket.assigned', assignee_id: 1, department_id: 3, before: { assignee_id: null, department_id: null } }
  expect(line({ ...assigned, agent: lan, department: { id: 3, name: 'Sales' }, actor: system })).toBe('Assigned to Lan')
  expect(line({ ...assigned, agent: lan, actor: mai })).toBe('Assigned to Lan · Mai')
  expect(line({ ...assigned, agent: null, actor: mai })).toBe('Nobody is assigned any more · Mai')
  expect(line({ ...assigned, kind: 'ticket.moved', agent: null, department: { id: 3, name: 'Sales' }, actor: system })).toBe('Moved to Sales')
  expect(line({ kind: 'ticket.status_changed', before: 'new', after: 'open', status: 'open', actor: mai })).toBe('Status: Open · Mai')
  expect(line({ kind: 'ticket.status_changed', before: 'resolved', after: 'open', status: 'open', actor: system })).toBe('Reopened')
  expect(line({ kind: 'ticket.priority_changed', before: 'low', priority: 'high', actor: mai })).toBe('Priority: High · Mai')
})

it('repeats the server where it does not', () => {
  expect(line(null, 'as the server said')).toBe('as the server said')
  expect(line({ kind: 'ticket.teleported' }, 'as the server said')).toBe('as the server said')
  expect(line({ kind: 'ticket.teleported' })).toBe('ticket.teleported')
})
