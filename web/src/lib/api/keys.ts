/** Every key of the query cache, in one place, so that live events know what to touch. */
import type { Queue, Screen } from '@/lib/api/types'

export type TicketFilter = {
  queue: Queue
  status?: string | undefined
  priority?: string | undefined
  channel?: string | undefined
  department_id?: number | undefined
  search?: string | undefined
}

export type LeadFilter = {
  pipeline_id?: number | undefined
  status?: string | undefined
  source?: string | undefined
  assigned_to?: string | undefined
  priority?: string | undefined
  overdue?: boolean | undefined
  outcome?: 'open' | 'won' | 'lost' | undefined
  search?: string | undefined
  sort?: string | undefined
  archived?: boolean | undefined
  stale_days?: number | undefined
  department_id?: number | undefined
  vendor_code?: string | undefined
  disposition?: string | undefined
  tag?: string | undefined
  score_min?: number | undefined
  score_max?: number | undefined
  date_from?: string | undefined
  date_to?: string | undefined
  [field: `custom.${string}`]: string | undefined
}

export type TaskFilter = {
  status?: string | undefined
  assigned_to?: string | undefined
  lead_id?: number | undefined
  search?: string | undefined
}

export type ContactFilter = {
  search?: string | undefined
  kind?: 'person' | 'company' | undefined
  is_blocked?: boolean | undefined
  company_id?: number | undefined
  sort?: 'name' | undefined
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
  contactTicketLists: ['contact-tickets'] as const,
  contactTickets: (id: number) => ['contact-tickets', id] as const,
  contactTimelines: (id: number) => ['contact', id, 'timeline'] as const,
  contactTimeline: (id: number, types: string) => ['contact', id, 'timeline', types] as const,
  erasure: (id: number) => ['contact', id, 'erasure'] as const,
  contactLists: ['contact-lists'] as const,
  contactList: (filter: ContactFilter) => ['contact-lists', filter] as const,
  duplicates: ['contact-duplicates'] as const,
  users: ['users'] as const,
  people: ['users', 'people'] as const,
  roles: ['roles'] as const,
  userSearch: (filter: object) => ['users', 'search', filter] as const,
  departments: ['departments'] as const,
  keywords: ['keywords'] as const,
  keywordSearch: (filter: object) => ['keywords', filter] as const,
  cannedReplies: ['canned-replies'] as const,
  cannedReply: (id: number) => ['canned-replies', 'one', id] as const,
  cannedReplyList: (filter: object) => ['canned-replies', filter] as const,
  routingSettings: ['routing-settings'] as const,
  queues: ['queues'] as const,
  spam: ['spam'] as const,
  spamActivities: (days: number) => ['spam', 'activities', days] as const,
  sessions: ['sessions'] as const,
  apiKeys: ['api-keys'] as const,
  channels: ['channels'] as const,
  pipelines: ['pipelines'] as const,
  views: ['views'] as const,
  viewsOf: (screen: Screen) => ['views', screen] as const,
  leads: ['leads'] as const,
  leadLists: ['leads', 'list'] as const,
  leadList: (filter: LeadFilter) => ['leads', 'list', filter] as const,
  boards: ['leads', 'board'] as const,
  board: (filter: LeadFilter) => ['leads', 'board', filter] as const,
  contactLeads: (contact: number) => ['leads', 'of-contact', contact] as const,
  leadOf: ['lead'] as const,
  lead: (id: number) => ['lead', id] as const,
  leadDuplicates: (id: number) => ['lead', id, 'duplicates'] as const,
  leadTimeline: (id: number, types: string) => ['lead', id, 'timeline', types] as const,
  leadTasks: (id: number) => ['lead', id, 'tasks'] as const,
  tasks: ['tasks'] as const,
  taskList: (filter: TaskFilter) => ['tasks', 'list', filter] as const,
  taskCalendar: (month: string, assignee: string) => ['tasks', 'calendar', month, assignee] as const,
  notifications: ['notifications'] as const,
  unread: ['notifications', 'unread'] as const,
  notificationList: ['notifications', 'list'] as const,
  businessHours: ['business-hours'] as const,
  leadSettings: ['lead-settings'] as const,
  scorePreview: (settings: object) => ['score-preview', settings] as const,
  rescoring: ['rescoring'] as const,
  leadAgents: ['lead-agents'] as const,
  /** A lead that moves changes them. */
  stageCounts: (pipeline: number) => ['leads', 'stage-counts', pipeline] as const,
  imports: ['imports'] as const,
  importList: ['imports', 'list'] as const,
  importOf: (id: number) => ['imports', id] as const,
  /** `pass`: the check or run that found them. */
  importFaults: (id: number, pass: string) => ['import-faults', id, pass] as const,
  vendors: ['vendors'] as const,
  vendorDefaults: ['vendors', 'defaults'] as const,
  vendorPerformance: (code: string) => ['vendors', code, 'performance'] as const,
  vendorUsers: (code: string) => ['vendors', code, 'users'] as const,
  portal: ['portal'] as const,
}
