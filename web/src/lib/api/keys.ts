/** Every key of the query cache, in one place, so that live events know what to touch. */
import type { Queue } from '@/lib/api/types'

export type TicketFilter = {
  queue: Queue
  status?: string | undefined
  priority?: string | undefined
  channel?: string | undefined
  department_id?: number | undefined
  search?: string | undefined
}

export const keys = {
  me: ['me'] as const,
  lists: ['tickets'] as const,
  list: (filter: TicketFilter) => ['tickets', filter] as const,
  counts: ['ticket-counts'] as const,
  ticket: (id: number) => ['ticket', id] as const,
  assignment: (id: number) => ['assignment', id] as const,
  contacts: ['contact'] as const,
  contact: (id: number) => ['contact', id] as const,
  contactTickets: (id: number) => ['contact-tickets', id] as const,
  users: ['users'] as const,
  people: ['users', 'people'] as const,
  userSearch: (filter: object) => ['users', 'search', filter] as const,
  departments: ['departments'] as const,
  keywords: ['keywords'] as const,
  keywordSearch: (filter: object) => ['keywords', filter] as const,
  routingSettings: ['routing-settings'] as const,
  queues: ['queues'] as const,
  spam: ['spam'] as const,
  spamActivities: (days: number) => ['spam', 'activities', days] as const,
  sessions: ['sessions'] as const,
  apiKeys: ['api-keys'] as const,
  channels: ['channels'] as const,
}
