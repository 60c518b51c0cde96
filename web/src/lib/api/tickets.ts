import { request } from '@/lib/api/client'
import type { TicketFilter } from '@/lib/api/keys'
import type {
  AssignmentAnswer,
  Contact,
  Draft,
  Message,
  MessageList,
  NewMessage,
  NewTicket,
  SpamActivityList,
  Ticket,
  TicketChange,
  TicketCounts,
  TicketList,
} from '@/lib/api/types'

export const fetchTickets = (filter: TicketFilter, cursor?: string | null, signal?: AbortSignal) =>
  request<TicketList>('GET', '/tickets', { query: { ...filter, cursor, limit: 50 }, ...(signal ? { signal } : {}) })
export const fetchCounts = () => request<TicketCounts>('GET', '/tickets/counts')
export const fetchTicket = (id: number, signal?: AbortSignal) =>
  request<Ticket>('GET', `/tickets/${id}`, signal ? { signal } : {})
export const fetchOlder = (id: number, cursor: string) =>
  request<MessageList>('GET', `/tickets/${id}/messages`, { query: { cursor } })
export const createTicket = (input: NewTicket) => request<Ticket>('POST', '/tickets', { body: input })
export const changeTicket = (id: number, change: TicketChange, version?: number) =>
  request<Ticket>('PATCH', `/tickets/${id}`, { body: change, ...(version === undefined ? {} : { version }) })
export const assignTicket = (id: number, agentId: number | null) =>
  request<Ticket>('PUT', `/tickets/${id}/assign`, { body: { agent_id: agentId } })
export const sendMessage = (id: number, message: NewMessage) =>
  request<Message>('POST', `/tickets/${id}/messages`, { body: message, idempotencyKey: message.client_id })
export const undoSend = (id: number, messageId: number) =>
  request<unknown>('POST', `/tickets/${id}/undo-send`, { body: { message_id: messageId } })
export const markRead = (id: number) => request<void>('POST', `/tickets/${id}/read`)
export const saveDraft = (id: number, draft: Omit<Draft, 'updated_at'>, keepalive = false) =>
  request<void>('PUT', `/tickets/${id}/draft`, { body: draft, keepalive })
export const dropDraft = (id: number) => request<void>('DELETE', `/tickets/${id}/draft`)
export const fetchAssignment = (id: number) => request<AssignmentAnswer>('GET', `/tickets/${id}/assignment`)
export const fetchContact = (id: number) => request<Contact>('GET', `/contacts/${id}`)
export const fetchContactTickets = (id: number) =>
  request<TicketList>('GET', `/customers/${id}/tickets`, { query: { limit: 20 } })

export const fetchSpamActivities = (days: number) =>
  request<SpamActivityList>('GET', '/spam/activities', { query: { days, limit: 200 } })
export const markSpam = (message_id: number, reason?: string) =>
  request<unknown>('POST', '/spam/mark', { body: reason ? { message_id, reason } : { message_id } })
export const restoreSpam = (message_id: number) => request<unknown>('POST', '/spam/restore', { body: { message_id } })
