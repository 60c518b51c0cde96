import { CircleDot } from 'lucide-react'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Timeline as TimelinePage, TimelineEntry } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { removed } from '@/lib/removals'
import { useStore } from '@/lib/store'
import { dateTime, shortAge, useNow } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Empty, Failed, Skeleton } from '@/ui/states'
import { told } from '@/ui/timeline-entry'
import { actorOf, type Known, type TimelineNames } from '@/ui/timeline-words'
import { useKnown } from '@/ui/use-known'

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

type Facts = { id?: unknown } | null

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
  const entries = query.data?.pages.flatMap(page => page.entries).filter(entry => !gone.has(`${entry.event_type}:${String((entry.item as Facts)?.id)}`))
  const known = useKnown(entries?.some(entry => entry.actor.kind === 'api_key') ?? false)
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
          {entries.map(entry => <Line key={entry.id} entry={entry} names={names} known={known} acts={acts?.(entry)} />)}
        </ol>
      )}
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('lead.older')}</Button>
      )}
    </div>
  )
}

function Line({ entry, names, known, acts }: { entry: TimelineEntry; names: TimelineNames; known: Known; acts: ReactNode }) {
  const now = useNow()
  const { icon: Icon, title, body } = told(entry, names, known)
  const lead = entry.subject.kind === 'lead' ? names.lead?.(entry.subject.id) : undefined
  return (
    <li className="flex gap-3 rounded-xl border bg-panel p-3">
      <span className="mt-0.5 grid size-7 shrink-0 place-items-center rounded-full bg-fg/6 text-mute"><Icon size={14} aria-hidden /></span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium">{title}</span>
          <span className="text-xs text-mute">{actorOf(entry, names, known)}</span>
          {lead && <Badge>{lead}</Badge>}
          <time className="ml-auto text-xs text-mute" dateTime={entry.at} title={dateTime(entry.at)}>{shortAge(entry.at, now)}</time>
          {acts}
        </div>
        {body}
      </div>
    </li>
  )
}
