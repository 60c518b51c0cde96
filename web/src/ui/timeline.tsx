import { ArrowRight, CalendarCheck, CircleDot, Mail, MessageSquare, Phone, StickyNote, Ticket, UsersRound, type LucideIcon } from 'lucide-react'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Timeline as TimelinePage, TimelineEntry } from '@/lib/api/types'
import { t as say, tOr, useT } from '@/lib/i18n'
import { removed } from '@/lib/removals'
import { useStore } from '@/lib/store'
import { dateTime, shortAge, span, useNow } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Empty, Failed, Skeleton } from '@/ui/states'

/** What somebody may want to see of a timeline, and the types of entries that this means. */
const PARTS = {
  '': '',
  interaction: 'interaction',
  message: 'message,ticket',
  task: 'task',
  stage_change: 'stage_change',
  change: 'change',
} as const
export type TimelinePart = keyof typeof PARTS
export const entryTypes = (part: TimelinePart): string => PARTS[part]
const SHOWN = Object.keys(PARTS) as TimelinePart[]

type Facts = Record<string, unknown>

const text = (facts: Facts | null, key: string): string => (typeof facts?.[key] === 'string' ? (facts[key] as string) : '')
const inner = (facts: Facts, key: string): Facts => (typeof facts[key] === 'object' && facts[key] !== null ? (facts[key] as Facts) : {})

/** What the entries' leads and stages are called, as far as the page knows. */
export type TimelineNames = {
  stage: (lead: number, key: string) => string
  /** Said at each entry of a lead; a page about one lead says nothing. */
  lead?: (id: number) => string | undefined
}

type Query = UseInfiniteQueryResult<InfiniteData<TimelinePage>>
type Props = {
  query: Query
  part: TimelinePart
  choose: (part: TimelinePart) => void
  names: TimelineNames
  /** What can be done with an entry. */
  acts?: (entry: TimelineEntry) => ReactNode
}

/** Everything that happened, newest first, by kind where somebody asks for one. */
export function Timeline({ query, part, choose, names, acts }: Props) {
  const t = useT()
  const gone = useStore(removed)
  const entries = query.data?.pages.flatMap(page => page.entries).filter(entry => !gone.has(`${entry.event_type}:${String((entry.item as Facts | null)?.id)}`))
  return (
    <div className="space-y-3">
      <div role="group" aria-label={t('lead.timelineFilter')} className="flex flex-wrap gap-1">
        {SHOWN.map(one => (
          <Button key={one} variant={one === part ? 'outline' : 'ghost'} aria-pressed={one === part} onClick={() => choose(one)}>
            {t(`lead.entries.${one || 'all'}`)}
          </Button>
        ))}
      </div>
      {query.isPending && <Skeleton className="h-48" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {entries?.length === 0 && <Empty icon={CircleDot} title={t(part ? 'lead.noSuchEntries' : 'lead.noEntries')} />}
      {entries && entries.length > 0 && (
        <ol aria-label={t('lead.timeline')} className="space-y-2">
          {entries.map(entry => <Line key={entry.id} entry={entry} names={names} acts={acts?.(entry)} />)}
        </ol>
      )}
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('lead.older')}</Button>
      )}
    </div>
  )
}

const ICONS: Record<string, LucideIcon> = { call: Phone, email: Mail, meeting: UsersRound, note: StickyNote }

function Line({ entry, names, acts }: { entry: TimelineEntry; names: TimelineNames; acts: ReactNode }) {
  const now = useNow()
  const { icon: Icon, title, body } = told(entry, names)
  const lead = entry.subject.kind === 'lead' ? names.lead?.(entry.subject.id) : undefined
  return (
    <li className="flex gap-3 rounded-xl border bg-panel p-3">
      <span className="mt-0.5 grid size-7 shrink-0 place-items-center rounded-full bg-fg/6 text-mute"><Icon size={14} aria-hidden /></span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium">{title}</span>
          <span className="text-xs text-mute">{entry.actor.name ?? say(entry.actor.kind === 'contact' ? 'lead.byContact' : 'lead.bySystem')}</span>
          {lead && <Badge>{lead}</Badge>}
          <time className="ml-auto text-xs text-mute" dateTime={entry.at} title={dateTime(entry.at)}>{shortAge(entry.at, now)}</time>
          {acts}
        </div>
        {body}
      </div>
    </li>
  )
}

const Words = ({ children }: { children: string }) => (children ? <p className="mt-1 break-words whitespace-pre-wrap">{children}</p> : null)

/** Leads to the conversation, where there is one that the reader may see. */
const InInbox = ({ item, children }: { item: Facts | null; children: string }) =>
  typeof item?.ticket_id === 'number' ? (
    <Link to="/inbox" search={{ tab: 'all', t: item.ticket_id }} className="hover:underline">{children}</Link>
  ) : (
    children
  )

/** What an entry says. */
function told(entry: TimelineEntry, names: TimelineNames): { icon: LucideIcon; title: ReactNode; body?: ReactNode } {
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
      const name = (facts: Facts) => names.stage(entry.subject.id, text(facts, 'status'))
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
    case 'message':
      return { icon: MessageSquare, title: <InInbox item={item}>{say('lead.entries.message')}</InInbox>, body: <Words>{text(item, 'content')}</Words> }
    case 'ticket':
      return { icon: Ticket, title: <InInbox item={item}>{tOr(`lead.event.${entry.kind}`, entry.kind)}</InInbox>, body: <Words>{text(item, 'subject')}</Words> }
    default: {
      const fields = Array.isArray(data.fields) ? (data.fields as string[]) : []
      const change = text(data, 'change')
      const words = change ? tOr(`lead.address.${change}`, change) : fields.map(field => tOr(`lead.field.${field}`, field)).join(', ')
      return { icon: CircleDot, title: tOr(`lead.event.${entry.kind}`, entry.kind), body: words && <p className="mt-1 text-mute">{words}</p> }
    }
  }
}
