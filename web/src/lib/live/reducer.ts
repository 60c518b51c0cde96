/** Says what an event means for the caches, without touching them. */
import { keys } from '@/lib/api/keys'
import type { Message, TicketRow } from '@/lib/api/types'
import type { LiveEvent } from '@/lib/live/frames'

export type Effects = {
  /** Tickets whose row must be looked at again. */
  rows: Set<number>
  /** Tickets that matter only to whoever has them open. */
  details: Set<number>
  /** Fields known from the event itself: shown at once. */
  patches: Map<number, Partial<TicketRow>>
  /** Message fields known from the event itself, by ticket and message. */
  messages: Map<number, { ticket: number; change: Partial<Message> }>
  removed: Set<number>
  /** Leads that something happened to. */
  leads: Set<number>
  counts: boolean
  invalidate: Map<string, readonly unknown[]>
  me: boolean
}

export const noEffects = (): Effects => ({
  rows: new Set(),
  details: new Set(),
  patches: new Map(),
  messages: new Map(),
  removed: new Set(),
  leads: new Set(),
  counts: false,
  invalidate: new Map(),
  me: false,
})

const STATUSES = new Set(['new', 'open', 'pending_customer', 'resolved', 'closed'])
const PRIORITIES = new Set(['low', 'medium', 'high', 'critical'])

/** Families of events that stand in somebody's timeline. */
const IN_TIMELINES = new Set(['message', 'ticket', 'lead', 'student', 'interaction', 'task'])

type Data = Record<string, unknown>

/** What an event says that holds now: `after`, where it tells a change. */
const after = (data: Data | null): Data => (typeof data?.after === 'object' && data.after !== null ? (data.after as Data) : {})

/** The row's fields that an event may carry; anything of another shape is left to the refetch. */
export function rowPatch(data: Data): Partial<TicketRow> {
  const patch: Partial<TicketRow> = {}
  if (typeof data.status === 'string' && STATUSES.has(data.status)) patch.status = data.status as TicketRow['status']
  if (typeof data.priority === 'string' && PRIORITIES.has(data.priority)) patch.priority = data.priority as TicketRow['priority']
  if (typeof data.subject === 'string') patch.subject = data.subject
  if (typeof data.is_spam === 'boolean') patch.is_spam = data.is_spam
  if (Array.isArray(data.tags) && data.tags.every(tag => typeof tag === 'string')) patch.tags = data.tags
  return patch
}

export function reduce(into: Effects, event: LiveEvent, meId: number): void {
  const ticket = event.ticket_id ?? (event.subject?.kind === 'ticket' ? event.subject.id : null)
  const touch = (...list: readonly (readonly unknown[])[]) => {
    for (const key of list) into.invalidate.set(JSON.stringify(key), key)
  }
  const [family, what] = event.kind.split('.')
  // Whoever looks at the person sees it happen.
  if (event.contact_id && IN_TIMELINES.has(family ?? '')) touch(keys.contactTimelines(event.contact_id))
  switch (family) {
    case 'ticket': {
      if (ticket === null) return
      into.rows.add(ticket)
      into.counts = true
      const patch = rowPatch(after(event.data))
      if (Object.keys(patch).length > 0) into.patches.set(ticket, { ...into.patches.get(ticket), ...patch })
      touch(keys.queues)
      if (what === 'assigned') touch(keys.assignment(ticket))
      if (changesLoadOf(event, meId)) into.me = true
      if ((what === 'created' || what === 'status_changed') && event.contact_id) touch(keys.contactTickets(event.contact_id))
      return
    }
    case 'message': {
      if (ticket === null) return
      // An answer that is taken back and a message that is done with change the line in the list, too.
      if (what === 'added' || what === 'unsent' || what === 'completed') into.rows.add(ticket)
      // It touches the open leads of whoever it is with: when they are due, where they stand, which conversation they open.
      if (what === 'added' && event.contact_id) touch(keys.leadOf, keys.boards, keys.contactLeads(event.contact_id))
      else into.details.add(ticket)
      const message = event.data?.message_id
      const state = event.data?.after
      if (what === 'delivery' && typeof message === 'number' && isDelivery(state)) {
        into.messages.set(message, { ticket, change: { delivery: { state, error: null } } })
      }
      return
    }
    case 'user':
      touch(keys.users, keys.queues)
      if (event.subject?.id === meId) into.me = true
      return
    case 'department':
      touch(keys.departments, keys.queues)
      return
    case 'keyword':
      touch(keys.keywords)
      return
    case 'canned_reply':
      touch(keys.cannedReplies)
      return
    case 'routing':
      touch(keys.routingSettings)
      return
    case 'spam':
      touch(keys.spam)
      into.counts = true
      if (ticket !== null) into.rows.add(ticket)
      return
    case 'channel':
      touch(keys.channels)
      return
    case 'lead':
    case 'student':
    case 'interaction':
    case 'task':
      if (what === 'settings_changed') return touch(keys.leadSettings, keys.leadAgents)
      if (what === 'rescoring') return touch(keys.rescoring, ...(event.data?.state === 'done' ? [keys.leads, keys.leadOf] : []))
      touch(keys.leads, keys.leadOf, keys.tasks)
      for (const id of [event.subject?.kind === 'lead' && event.subject.id, event.data?.lead_id]) if (typeof id === 'number') into.leads.add(id)
      return
    case 'pipeline':
      touch(keys.pipelines, keys.leads)
      return
    case 'import':
      touch(keys.imports)
      return
    case 'notification':
      touch(keys.notifications)
      return
    case 'contact':
      touch(keys.contactLists, keys.duplicates)
      if (event.contact_id) touch(keys.contact(event.contact_id))
      // What two had is one's now, or both's again.
      if (what === 'merged' || what === 'unmerged') touch(keys.contacts, keys.leads, keys.leadOf, keys.contactTicketLists)
      else if (what !== 'created') touch(keys.leadOf)
      return
    default:
      return
  }
}

/** My load follows what is given to me, taken from me, and what I do to my own. */
function changesLoadOf(event: LiveEvent, me: number): boolean {
  const before = event.data?.before as Data | undefined
  if (before?.assignee_id === me || after(event.data).assignee_id === me) return true
  return event.kind === 'ticket.status_changed' && event.actor?.kind === 'user' && event.actor.id === me
}

function isDelivery(state: unknown): state is NonNullable<Message['delivery']>['state'] {
  return state === 'queued' || state === 'sent' || state === 'delivered' || state === 'read'
}
