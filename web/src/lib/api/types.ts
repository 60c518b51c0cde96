/** The shapes of the API. Instants are RFC 3339 strings in UTC; what is absent is null. */

export type Role = 'admin' | 'manager' | 'agent'
export type Presence = 'available' | 'busy' | 'away' | 'offline'
export type Scope = 'own' | 'team' | 'all'
export type TicketStatus = 'new' | 'open' | 'pending_customer' | 'resolved' | 'closed'
export type Priority = 'low' | 'medium' | 'high' | 'critical'
export type Queue = 'mine' | 'department' | 'unassigned' | 'all' | 'spam'
export type Visibility = 'public' | 'internal'
export type Strategy = 'score' | 'round_robin' | 'capacity_based' | 'manual'

export type Named = { id: number; name: string }
export type Page = { total: number; total_capped: boolean; page: number; limit: number; next_cursor: string | null }

export type Permission = { action: string; scope: Scope }
export type Membership = Named & { is_manager: boolean; is_primary: boolean }

export type Me = {
  id: number
  username: string
  email: string
  name: string
  role: Role
  role_name: string
  permissions: Permission[]
  departments: Membership[]
  status: Presence
  capacity: number
  load: number
  locale: 'en' | 'vi' | null
  theme: 'light' | 'dark' | 'system' | null
  version: number
}

export type Session = { access_token: string; token_type: string; expires_in: number; user: Me }
export type SignIn = { id: number; created_at: string; last_used_at: string | null; ip: string | null; user_agent: string | null; current: boolean }

export type User = {
  id: number
  username: string
  email: string
  name: string
  role: Role
  role_name: string
  is_active: boolean
  status: Presence
  capacity: number
  load: number
  kpi_score: number | null
  departments: Membership[]
  last_login_at: string | null
  created_at: string
  updated_at: string
  version: number
}
export type UserList = Page & { users: User[] }
export type NewUser = { email: string; username?: string; name: string; role: Role; departments?: MembershipInput[]; capacity?: number }
export type UserChange = Partial<Pick<User, 'email' | 'username' | 'name' | 'role' | 'capacity' | 'is_active'>> & { departments?: MembershipInput[] }
export type CreatedUser = { user: User; user_id: number; invite_sent: boolean; invite_link: string | null }
export type MembershipInput = { department_id: number; is_manager?: boolean; is_primary?: boolean }

export type DepartmentMember = { user_id: number; name: string; is_manager: boolean; is_primary: boolean }
export type Department = {
  id: number
  name: string
  key: string
  strategy: Strategy
  uses_shifts: boolean
  is_fallback: boolean
  is_active: boolean
  members: DepartmentMember[]
  version: number
}
export type DepartmentList = Page & { departments: Department[] }
export type NewDepartment = Pick<Department, 'name'> & Partial<Pick<Department, 'strategy' | 'uses_shifts' | 'is_fallback'>>
export type DepartmentInput = Partial<Pick<Department, 'name' | 'strategy' | 'uses_shifts' | 'is_fallback' | 'is_active'>>

export type TicketRow = {
  id: number
  number: number
  subject: string
  status: TicketStatus
  priority: Priority
  channel: string
  channel_account: Named | null
  contact: Named
  department: Named | null
  assigned_agent: Named | null
  tags: string[]
  is_spam: boolean
  is_bot_handoff: boolean
  preview: string
  last_message_at: string
  last_message_from: 'customer' | 'agent' | 'bot' | 'system'
  unread: number
  created_at: string
  updated_at: string
  version: number
}
export type TicketList = Page & { tickets: TicketRow[] }
export type TicketCounts = Record<Queue, number>
export type Draft = { content: string; visibility: Visibility; updated_at: string }

export type Ticket = TicketRow & {
  customer: { internal_id: number; name: string; primary_email: string | null; channel_identity: string | null }
  source: { channel: string; origin_platform_id: string | null; is_bot_handoff: boolean }
  previous_ticket_id: number | null
  last_inbound_at: string | null
  first_response_at: string | null
  resolved_at: string | null
  closed_at: string | null
  timeline: Message[]
  timeline_cursor: string | null
  draft: Draft | null
  can: string[]
}
export type TicketChange = {
  subject?: string
  status?: TicketStatus
  priority?: Priority
  tags?: string[]
  department_id?: number | null
  assigned_agent_id?: number | null
}
export type NewTicket = {
  source: { channel: string }
  customer: { channel_identity: string; name?: string; primary_email?: string }
  subject: string
  initial_message: string
  priority?: Priority
  tags?: string[]
}

export type Attachment = {
  id: number
  kind: string
  name: string | null
  mime: string | null
  size: number | null
  state: 'pending' | 'stored' | 'failed' | 'link'
  url: string | null
  title: string | null
  latitude: number | null
  longitude: number | null
}
export type EventData = { kind: string } & Record<string, unknown>
export type Message = {
  id: number
  ticket_id: number
  sender_type: 'customer' | 'agent' | 'bot' | 'system'
  sender: Named | null
  direction: 'inbound' | 'outbound' | 'internal'
  visibility: Visibility
  content_type: 'text' | 'event_log' | 'attachment'
  content: string
  attachments: Attachment[]
  reply_to: number | null
  reactions: { by: 'customer' | 'agent'; emoji: string }[]
  delivery: { state: 'queued' | 'sent' | 'delivered' | 'read' | 'failed'; error: string | null } | null
  edited_at: string | null
  unsent_at: string | null
  completed_at: string | null
  undo_until: string | null
  client_id: string | null
  external_id: string | null
  at: string
  created_at: string
  is_spam: boolean
  data?: EventData | null
}
export type MessageList = Page & { messages: Message[] }
export type NewMessage = { content: string; visibility: Visibility; client_id: string; set_status?: 'pending_customer' | 'resolved' }

export type Exclusion = 'offline' | 'busy' | 'away' | 'at_capacity' | 'on_leave' | 'off_shift' | 'inactive'
export type ScorePart = 'keywords' | 'kpi' | 'capacity' | 'shift' | 'continuity'
export type Candidate = {
  user_id: number
  name: string
  score: number
  parts: Record<ScorePart, number>
  load: number
  capacity: number
  eligible: boolean
  excluded_because: Exclusion | null
}
export type Decision = {
  id: number | null
  at: string | null
  ticket_id: number | null
  message_id: number | null
  strategy: Strategy
  reason: 'scored' | 'round_robin' | 'capacity' | 'manual' | 'queued' | 'no_eligible' | 'by_hand' | 'bot' | 'spam'
  department: (Named & { why: 'keywords' | 'channel_default' | 'fallback' | 'ticket' }) | null
  winner: Named | null
  assigned_by: Named | null
  keywords: { id: number; word: string; priority: number; department_id: number | null; exact: boolean }[]
  candidates: Candidate[]
  excluded: Partial<Record<Exclusion, number>>
  settings_version: number
}
export type AssignmentAnswer = { decision: Decision | null; history: Decision[] }

export type ContactMethod = {
  id: number
  kind: string
  value: string
  account_id: string | null
  is_primary: boolean
  is_active: boolean
  is_verified: boolean
  opted_out_at: string | null
}
export type Contact = Named & {
  kind: 'person' | 'company'
  methods: ContactMethod[]
  is_blocked: boolean
  created_at: string
  updated_at: string
  version: number
}

export type Keyword = {
  id: number
  word: string
  folded: string
  department_id: number | null
  department: Named | null
  priority: number
  is_active: boolean
  version: number
}
export type KeywordList = Page & { keywords: Keyword[] }
export type KeywordInput = { word?: string; department_id?: number | null; priority?: number; is_active?: boolean }

export type RoutingSettings = {
  weights: Record<ScorePart, number>
  default_capacity: number
  strict_own: boolean
  reopen_hours: number
  version: number
}
export type SpamPart = { name: string; score: number; detail: string | null }
export type Simulation = { folded: string; spam: { score: number; parts: SpamPart[]; is_spam: boolean }; decision: Decision }
export type QueueState = {
  department: Named
  waiting: number
  oldest_at: string | null
  agents_available: number
  agents_total: number
  free_capacity: number
  open: number
}

export type SpamActivity = {
  id: number
  spam_date: string
  contact_id: number
  lead_name: string
  phone: string | null
  message: string
  spam_reason: string
  flagged_by: 'bot' | 'manual'
  score: number
  parts: SpamPart[]
  ticket_id: number | null
  message_id: number | null
  channel: string
}
export type SpamActivityList = Page & { activities: SpamActivity[] }

export type ApiScope = 'intake' | 'read' | 'write' | 'admin'
export type ApiKey = {
  id: number
  name: string
  prefix: string
  scope: string
  created_at: string
  last_used_at: string | null
  usage_count: number
  revoked_at: string | null
  rate_per_second: number
  burst: number
  daily_quota: number | null
}
export type ApiKeyList = Page & { api_keys: ApiKey[] }
export type NewApiKey = { name: string; scope: ApiScope }
export type CreatedApiKey = ApiKey & { key_id: number; api_key: string }

export type Channel = {
  id: number
  kind: string
  account_id: string
  name: string
  department_id: number | null
  has_secret: boolean
  status: 'active' | 'disabled' | 'disconnected'
  webhook_path: string
  last_inbound_at: string | null
  created_at: string
  version: number
}
export type ChannelList = Page & { channels: Channel[] }
export type NewChannel = {
  kind: string
  account_id: string
  name?: string
  secret?: string
  verify_token?: string
  app_id?: string
  callback_url?: string
  department_id?: number
}
export type ChannelChange = { status?: Channel['status']; name?: string; department_id?: number | null }
export type ChannelTest = { ok: boolean; checks: { name: string; ok: boolean; detail: string | null }[] }
