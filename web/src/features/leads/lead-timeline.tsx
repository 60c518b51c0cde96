import { ArrowRight, CalendarCheck, CircleDot, Mail, MessageSquare, Phone, StickyNote, Ticket, UsersRound, type LucideIcon } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useTimeline } from '@/features/leads/queries'
import type { Lead, Pipeline, TimelineEntry } from '@/lib/api/types'
import { t as say, tOr, useT } from '@/lib/i18n'
import { dateTime, shortAge, span, useNow } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Empty, Failed, Skeleton } from '@/ui/states'

const FILTERS = ['', 'interaction', 'message', 'task', 'stage_change', 'change'] as const
type Facts = Record<string, unknown>

const text = (facts: Facts | null, key: string): string => (typeof facts?.[key] === 'string' ? (facts[key] as string) : '')
const inner = (facts: Facts, key: string): Facts => (typeof facts[key] === 'object' && facts[key] !== null ? (facts[key] as Facts) : {})

/** Everything that happened, newest first, by kind where somebody asks for one. */
export function LeadTimeline({ lead, pipeline }: { lead: Lead; pipeline: Pipeline | undefined }) {
  const t = useT()
  const [types, setTypes] = useState('')
  const timeline = useTimeline(lead.id, types)
  const entries = timeline.data?.pages.flatMap(page => page.entries)
  return (
    <div className="space-y-3">
      <div role="group" aria-label={t('lead.timelineFilter')} className="flex flex-wrap gap-1">
        {FILTERS.map(kind => (
          <Button key={kind} variant={kind === types ? 'outline' : 'ghost'} aria-pressed={kind === types} onClick={() => setTypes(kind)}>
            {t(`lead.entries.${kind || 'all'}`)}
          </Button>
        ))}
      </div>
      {timeline.isPending && <Skeleton className="h-48" />}
      {timeline.isError && <Failed error={timeline.error} retry={() => void timeline.refetch()} />}
      {entries?.length === 0 && <Empty icon={CircleDot} title={t('lead.noEntries')} />}
      {entries && entries.length > 0 && (
        <ol className="space-y-2">
          {entries.map(entry => <Line key={entry.id} entry={entry} pipeline={pipeline} />)}
        </ol>
      )}
      {timeline.hasNextPage && (
        <Button disabled={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>{t('lead.older')}</Button>
      )}
    </div>
  )
}

const ICONS: Record<string, LucideIcon> = { call: Phone, email: Mail, meeting: UsersRound, note: StickyNote }

function Line({ entry, pipeline }: { entry: TimelineEntry; pipeline: Pipeline | undefined }) {
  const now = useNow()
  const { icon: Icon, title, body } = told(entry, pipeline)
  return (
    <li className="flex gap-3 rounded-xl border bg-panel p-3">
      <span className="mt-0.5 grid size-7 shrink-0 place-items-center rounded-full bg-fg/6 text-mute"><Icon size={14} aria-hidden /></span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium">{title}</span>
          <span className="text-xs text-mute">{entry.actor.name ?? say(entry.actor.kind === 'contact' ? 'lead.byContact' : 'lead.bySystem')}</span>
          <time className="ml-auto text-xs text-mute" dateTime={entry.at} title={dateTime(entry.at)}>{shortAge(entry.at, now)}</time>
        </p>
        {body}
      </div>
    </li>
  )
}

const Words = ({ children }: { children: string }) => (children ? <p className="mt-1 break-words whitespace-pre-wrap">{children}</p> : null)

/** What an entry says. */
function told(entry: TimelineEntry, pipeline: Pipeline | undefined): { icon: LucideIcon; title: ReactNode; body?: ReactNode } {
  const data = entry.data as Facts
  const item = entry.item as Facts | null
  switch (entry.event_type) {
    case 'interaction': {
      const kind = text(item, 'type') || text(data, 'type')
      const outcome = text(item, 'outcome')
      return {
        icon: ICONS[kind] ?? StickyNote,
        title: <>{tOr(`lead.log.${kind}`, kind)} {outcome && <Badge>{tOr(`lead.result.${outcome}`, outcome)}</Badge>}</>,
        body: <Words>{text(item, 'summary')}</Words>,
      }
    }
    case 'task':
      return { icon: CalendarCheck, title: tOr(`lead.event.${entry.kind}`, entry.kind), body: <Words>{text(item, 'title')}</Words> }
    case 'stage_change': {
      const name = (facts: Facts) => pipeline?.stages.find(stage => stage.key === text(facts, 'status'))?.name ?? text(facts, 'status')
      const spent = data.time_in_previous
      return {
        icon: ArrowRight,
        title: <>{name(inner(data, 'before'))} → {name(inner(data, 'after'))}</>,
        body: (
          <p className="mt-1 text-mute">
            {typeof spent === 'number' && say('lead.afterTime', { time: span(spent) })} {text(data, 'reason')}
          </p>
        ),
      }
    }
    case 'message': {
      const ticket = typeof item?.ticket_id === 'number' ? item.ticket_id : undefined
      return {
        icon: MessageSquare,
        title: ticket ? <Link to="/inbox" search={{ tab: 'all', t: ticket }} className="hover:underline">{say('lead.entries.message')}</Link> : say('lead.entries.message'),
        body: <Words>{text(item, 'content')}</Words>,
      }
    }
    case 'ticket':
      return { icon: Ticket, title: tOr(`lead.event.${entry.kind}`, entry.kind), body: <Words>{text(item, 'subject')}</Words> }
    default: {
      const fields = Array.isArray(data.fields) ? (data.fields as string[]) : []
      return {
        icon: CircleDot,
        title: tOr(`lead.event.${entry.kind}`, entry.kind),
        body: fields.length > 0 && <p className="mt-1 text-mute">{fields.map(field => tOr(`lead.field.${field}`, field)).join(', ')}</p>,
      }
    }
  }
}
