import type { EventData, Message } from '@/lib/api/types'
import { t, tOr, useT } from '@/lib/i18n'
import { clock, dateTime } from '@/lib/time'

/** One recorded fact in the thread, in the reader's language. */
export function EventLine({ message }: { message: Message }) {
  useT()
  return (
    <p className="flex items-center justify-center gap-1.5 px-4 text-center text-xs text-mute">
      <span>{wordEvent(message)}</span>
      <time dateTime={message.at} title={dateTime(message.at)} className="shrink-0 text-[11px]">{clock(message.at)}</time>
    </p>
  )
}

/** A name in event data: `{id,name}`, a bare word, or under `<key>_name`. */
function nameIn(data: EventData, ...wanted: string[]): string | null {
  for (const key of wanted) {
    for (const value of [data[key], data[`${key}_name`]]) {
      if (typeof value === 'string' && value !== '') return value
      if (typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string') return value.name
    }
  }
  return null
}

/** Words for an event; what the data does not tell is said as the server said it. */
export function wordEvent(message: Message): string {
  const data = message.data
  if (!data) return message.content
  const by = nameIn(data, 'by', 'assigned_by', 'actor') ?? message.sender?.name ?? null
  const told = word(data, message)
  if (told === null) return message.content
  return by ? t('event.by', { what: told, name: by }) : told
}

function word(data: EventData, message: Message): string | null {
  switch (data.kind) {
    case 'ticket.created':
      return t('event.created')
    case 'ticket.assigned': {
      const agent = nameIn(data, 'agent', 'to', 'assigned_agent', 'winner')
      return agent ? t('event.assigned', { name: agent }) : t('event.released')
    }
    case 'ticket.released':
    case 'ticket.unassigned':
      return t('event.released')
    case 'ticket.queued':
      return t('event.queued', { name: nameIn(data, 'department') ?? '' })
    case 'ticket.status_changed': {
      const status = nameIn(data, 'status', 'to')
      return status ? t('event.status', { status: tOr(`status.${status}`, status) }) : null
    }
    case 'ticket.priority_changed': {
      const priority = nameIn(data, 'priority', 'to')
      return priority ? t('event.priority', { priority: tOr(`priority.${priority}`, priority) }) : null
    }
    case 'ticket.department_changed':
    case 'ticket.moved': {
      const department = nameIn(data, 'department', 'to')
      return department ? t('event.moved', { name: department }) : null
    }
    case 'ticket.tagged':
    case 'ticket.tags_changed':
      return Array.isArray(data.tags) ? t('event.tags', { tags: data.tags.join(', ') }) : null
    case 'ticket.reopened':
      return t('event.reopened')
    case 'ticket.handoff':
    case 'ticket.bot_handoff':
      return t('event.handoff')
    case 'spam.flagged':
      return t('event.spam')
    case 'spam.removed':
      return t('event.notSpam')
    default:
      return message.content || data.kind
  }
}
