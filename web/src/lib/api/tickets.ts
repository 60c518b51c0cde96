import { api, data, seen } from '@/lib/api/client'
import type { TicketFilter } from '@/lib/api/keys'
import type { DraftText, NewMessage, NewTicket, Priority, TicketChange, TicketStatus } from '@/lib/api/types'

const at = (id: number) => ({ params: { path: { id } } })
/** Values that the address joins by commas; the server refuses what it does not know. */
const several = <T extends string>(words: string | undefined) => words?.split(',') as T[] | undefined
const ticketQuery = ({ status, priority, channel, ...rest }: TicketFilter, cursor?: string | null) => ({
  ...rest,
  status: several<TicketStatus>(status),
  priority: several<Priority>(priority),
  channel: several(channel),
  cursor: cursor ?? undefined,
  limit: 50,
})

export const fetchTickets = (filter: TicketFilter, cursor?: string | null, signal?: AbortSignal) =>
  data(api.GET('/tickets', { params: { query: ticketQuery(filter, cursor) }, signal }))
export const fetchCounts = () => data(api.GET('/tickets/counts'))
export const fetchTicket = (id: number, signal?: AbortSignal) => data(api.GET('/tickets/{id}', { ...at(id), signal }))
export const fetchOlder = (id: number, cursor: string) =>
  data(api.GET('/tickets/{id}/messages', { params: { path: { id }, query: { cursor } } }))
export const createTicket = (input: NewTicket) => data(api.POST('/tickets', { body: input }))
export const changeTicket = (id: number, change: TicketChange, version?: number) =>
  data(api.PATCH('/tickets/{id}', { params: { path: { id }, header: version === undefined ? {} : seen(version) }, body: change }))
export const assignTicket = (id: number, agentId: number | null) =>
  data(api.PUT('/tickets/{id}/assign', { ...at(id), body: { agent_id: agentId } }))
export const sendMessage = (id: number, message: NewMessage) =>
  data(api.POST('/tickets/{id}/messages', { params: { path: { id }, header: { 'Idempotency-Key': message.client_id } }, body: message }))
export const undoSend = (id: number, messageId: number) =>
  data(api.POST('/tickets/{id}/undo-send', { ...at(id), body: { message_id: messageId } }))
export const markRead = (id: number) => data(api.POST('/tickets/{id}/read', at(id)))
export const saveDraft = (id: number, draft: DraftText, keepalive = false) =>
  data(api.PUT('/tickets/{id}/draft', { ...at(id), body: draft, keepalive }))
export const dropDraft = (id: number) => data(api.DELETE('/tickets/{id}/draft', at(id)))
export const fetchAssignment = (id: number) => data(api.GET('/tickets/{id}/assignment', at(id)))
export const fetchContact = (id: number) => data(api.GET('/contacts/{id}', at(id)))
export const fetchContactTickets = (id: number) =>
  data(api.GET('/customers/{id}/tickets', { params: { path: { id }, query: { limit: 20 } } }))

export const fetchSpamActivities = (days: number) => data(api.GET('/spam/activities', { params: { query: { days, limit: 200 } } }))
export const markSpam = (message_id: number, reason?: string) =>
  data(api.POST('/spam/mark', { body: reason ? { message_id, reason } : { message_id } }))
export const restoreSpam = (message_id: number) => data(api.POST('/spam/restore', { body: { message_id } }))
