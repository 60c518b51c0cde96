import { memo } from 'react'
import type { EventData, Message } from '@/lib/api/types'
import { t, tOr, useT } from '@/lib/i18n'
import { clock, dateTime } from '@/lib/time'

/** One recorded fact in the thread, in the reader's language. */
export const EventLine = memo(function EventLine({ message }: { message: Message }) {
  useT()
  return (
    <p className="flex items-center justify-center gap-1.5 px-4 text-center text-xs text-mute">
      <span>{wordEvent(message)}</span>
      <time dateTime={message.at} title={dateTime(message.at)} className="shrink-0 text-[11px]">{clock(message.at)}</time>
    </p>
  )
})

const nameOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && value.name !== '' ? value.name : null

/** Words for an event; what the data does not tell is said as the server said it. */
export function wordEvent(message: Message): string {
  const data = message.data
  if (!data) return message.content
  const told = word(data)
  if (told === null) return message.content || data.kind
  const by = nameOf(data.actor)
  return by ? t('event.by', { what: told, name: by }) : told
}

/** The server names the people and departments, and says `ticket.moved` when nobody was given the ticket. */
function word(data: EventData): string | null {
  switch (data.kind) {
    case 'ticket.assigned': {
      const agent = nameOf(data.agent)
      return agent ? t('event.assigned', { name: agent }) : t('event.released')
    }
    case 'ticket.moved': {
      const department = nameOf(data.department)
      return department ? t('event.moved', { name: department }) : null
    }
    case 'ticket.status_changed': {
      const { status } = data
      if (typeof status !== 'string') return null
      const isAgain = data.before === 'resolved' && status === 'open'
      return isAgain ? t('event.reopened') : t('event.status', { status: tOr(`status.${status}`, status) })
    }
    case 'ticket.priority_changed': {
      const { priority } = data
      return typeof priority === 'string' ? t('event.priority', { priority: tOr(`priority.${priority}`, priority) }) : null
    }
    default:
      return null
  }
}
