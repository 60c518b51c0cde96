import { ArrowRight, CalendarCheck, CircleDot, Mail, MessageSquare, Phone, StickyNote, Ticket, UsersRound, type LucideIcon } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { TimelineEntry } from '@/lib/api/types'
import { t as say, tOr } from '@/lib/i18n'
import { span } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { changesOf, inner, isOnlyDepartment, stageOf, text, type Facts, type Known, type TimelineNames } from '@/ui/timeline-words'

const ICONS: Record<string, LucideIcon> = { call: Phone, email: Mail, meeting: UsersRound, note: StickyNote }

const Words = ({ children }: { children: string }) => (children ? <p className="mt-1 break-words whitespace-pre-wrap">{children}</p> : null)

/** Leads to the conversation, where there is one that the reader may see. */
const InInbox = ({ item, children }: { item: Facts | null; children: string }) =>
  typeof item?.ticket_id === 'number' ? (
    <Link to="/inbox" search={{ tab: 'all', t: item.ticket_id }} className="hover:underline">{children}</Link>
  ) : (
    children
  )

/** What an entry says. */
export function told(entry: TimelineEntry, names: TimelineNames, known: Known): { icon: LucideIcon; title: ReactNode; body?: ReactNode } {
  const data = entry.data as Facts
  const item = entry.item as Facts | null
  switch (entry.event_type) {
    case 'interaction': {
      const kind = text(item, 'type') || text(data, 'type')
      const outcome = text(item, 'outcome')
      const seconds = item?.duration_seconds
      return {
        icon: ICONS[kind] ?? StickyNote,
        title: <>{tOr(`lead.log.${kind}`, kind)} {outcome && <Badge>{tOr(`lead.result.${outcome}`, outcome)}</Badge>} {typeof seconds === 'number' && seconds >= 60 && <span className="text-xs font-normal text-mute">{span(seconds * 1000)}</span>}</>,
        body: <Words>{text(item, 'summary')}</Words>,
      }
    }
    case 'task':
      return { icon: CalendarCheck, title: tOr(`lead.event.${entry.kind}`, entry.kind), body: <Words>{text(item, 'title')}</Words> }
    case 'stage_change': {
      const name = (facts: Facts) => stageOf(names, entry.subject.id, text(facts, 'status'))
      const spent = data.time_in_previous
      return {
        icon: ArrowRight,
        title: <>{name(inner(data, 'before'))} → {name(inner(data, 'after'))}</>,
        body: (
          <p className="mt-1 text-mute">
            {typeof spent === 'number' && (spent < 1000 ? say('lead.atOnce') : say('lead.afterTime', { time: span(spent) }))} {text(data, 'reason')}
          </p>
        ),
      }
    }
    case 'message':
      return { icon: MessageSquare, title: <InInbox item={item}>{say('lead.entries.message')}</InInbox>, body: <Words>{text(item, 'content')}</Words> }
    case 'ticket':
      return { icon: Ticket, title: <InInbox item={item}>{tOr(`lead.event.${entry.kind}`, entry.kind)}</InInbox>, body: <Words>{text(item, 'subject')}</Words> }
    default: {
      const changes = changesOf(entry, names, known)
      return {
        icon: CircleDot,
        title: isOnlyDepartment(entry) ? say('lead.departmentChanged') : tOr(`lead.event.${entry.kind}`, entry.kind),
        body: changes.length > 0 && (
          <ul className="mt-1 text-mute">
            {changes.map(change => <li key={change} className="break-words">{change}</li>)}
          </ul>
        ),
      }
    }
  }
}
