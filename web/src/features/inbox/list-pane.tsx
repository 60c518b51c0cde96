import { useRouter } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { CheckCheck, Inbox, SearchX, ShieldCheck, UserRoundX } from 'lucide-react'
import { lazy, memo, Suspense, useCallback, useEffect, useImperativeHandle, useRef, type Ref } from 'react'
import { inboxRoute, QUEUES } from '@/features/inbox/filter'
import type { useTickets } from '@/features/inbox/queries'
import { ticked } from '@/features/inbox/state'
import { TicketItem } from '@/features/inbox/ticket-item'
import type { TicketFilter } from '@/lib/api/keys'
import type { Queue, TicketCounts } from '@/lib/api/types'
import { number, tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { useStore } from '@/lib/store'
import { useNow } from '@/lib/time'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Empty, Failed, Skeleton } from '@/ui/states'

export type ListHandle = { scrollTo: (index: number) => void }
type Props = {
  filter: TicketFilter
  tickets: ReturnType<typeof useTickets>
  counts: TicketCounts | undefined
  /** Opens a row that was clicked. */
  choose: (id: number) => void
  /** The page's main part: on a phone, where it is alone. */
  isMain?: boolean
  ref: Ref<ListHandle>
}

const FilterBar = lazy(() => import('@/features/inbox/filter-bar').then(m => ({ default: m.FilterBar })))

const ROW = 76

export const ListPane = memo(function ListPane({ filter, tickets, counts, choose, isMain, ref }: Props) {
  const t = useT()
  const Pane = isMain ? 'main' : 'section'
  return (
    <Pane aria-label={t('inbox.list')} className="flex w-[340px] shrink-0 flex-col border-r bg-panel max-lg:w-[300px] max-sm:w-full max-sm:border-r-0">
      <header className="border-b px-3 pt-3 pb-2">
        <div className="mb-2 flex items-center justify-between gap-2">
          <h1 className="text-[15px] font-semibold">{t('nav.inbox')}</h1>
          <Total tickets={tickets} />
          <Suspense fallback={<span className="h-7 w-9" />}>
            <FilterBar />
          </Suspense>
        </div>
        <Tabs queue={filter.queue} counts={counts} />
      </header>
      <Rows filter={filter} tickets={tickets} choose={choose} ref={ref} />
    </Pane>
  )
})

function Total({ tickets }: { tickets: Props['tickets'] }) {
  useT()
  const first = tickets.first
  if (!first) return null
  const count = number(first.total) + (first.total_capped ? '+' : '')
  return <span className="flex-1 text-right text-xs text-mute">{tn('inbox.total', first.total, { count })}</span>
}

function Tabs({ queue, counts }: { queue: Queue; counts: TicketCounts | undefined }) {
  const t = useT()
  const me = useMe()
  const navigate = inboxRoute.useNavigate()
  const shown = QUEUES.filter(name => name !== 'spam' || can(me, 'spam.read'))
  return (
    <div role="group" aria-label={t('inbox.queues')} className="-mx-1 flex gap-0.5">
      {shown.map(name => (
        <button
          key={name}
          type="button"
          aria-pressed={name === queue}
          onClick={() => void navigate({ search: old => ({ ...old, tab: name === 'mine' ? undefined : name, t: undefined }) })}
          className={cn(
            'flex min-w-10 flex-auto flex-col items-center rounded-md px-1 py-1 text-[11px] font-medium text-mute hover:bg-raised hover:text-fg',
            name === queue && 'bg-accent-soft! text-accent!',
          )}
        >
          <span className="text-[13px] leading-4 font-semibold tabular-nums">{counts ? (counts[name] >= 1000 ? '1000+' : counts[name]) : '–'}</span>
          <span className="whitespace-nowrap">{t(`queue.${name}`)}</span>
        </button>
      ))}
    </div>
  )
}

function Rows({ filter, tickets, choose, ref }: Omit<Props, 'counts' | 'isMain'>) {
  const t = useT()
  const now = useNow()
  const box = useRef<HTMLDivElement>(null)
  const selected = useStore(ticked)
  const address = useAddress()
  const { rows, hasNextPage, isFetchingNextPage, fetchNextPage, isPending, isError, error, refetch } = tickets
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 6,
  })
  useImperativeHandle(
    ref,
    () => ({
      // All rows are of one height, so nothing needs measuring.
      scrollTo: index => {
        const node = box.current
        const height = virtual.scrollRect?.height
        if (!node || !height) return
        const top = index * ROW
        if (top < node.scrollTop) node.scrollTop = top
        else if (top + ROW > node.scrollTop + height) node.scrollTop = top + ROW - height
      },
    }),
    [virtual],
  )

  const items = virtual.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  const isNearEnd = rows.length > 0 && lastSeen >= rows.length - 10
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isNearEnd, hasNextPage, isFetchingNextPage, fetchNextPage])

  if (isPending) return <ListSkeleton />
  if (isError && rows.length === 0) return <Failed error={error} retry={() => void refetch()} />
  if (rows.length === 0) return <NothingHere filter={filter} />
  return (
    <div ref={box} className="flex-1 overflow-auto [contain:strict]">
      <div role="list" aria-label={t('inbox.list')} style={{ height: virtual.getTotalSize() + (hasNextPage ? ROW : 0), position: 'relative' }}>
        {items.map(item => {
          const row = rows[item.index]
          if (!row) return null
          return (
            <TicketItem
              key={row.id}
              row={row}
              now={now}
              isTicked={selected.has(row.id)}
              isTicking={selected.size > 0}
              position={item.index + 1}
              size={tickets.first?.total ?? rows.length}
              top={item.start}
              height={item.size}
              address={address}
              choose={choose}
            />
          )
        })}
      </div>
    </div>
  )
}

/** Where a row leads: to itself, with the list as it is. */
function useAddress(): (id: number) => string {
  const { options } = useRouter()
  const list = inboxRoute.useSearch({ select: ({ t: _open, ...rest }) => rest, structuralSharing: true })
  return useCallback(id => `/inbox${options.stringifySearch({ ...list, t: id })}`, [options, list])
}

const ListSkeleton = () => (
  <div className="flex-1 overflow-hidden" aria-busy>
    {Array.from({ length: 9 }, (_, i) => (
      <div key={i} className="flex gap-2.5 border-b px-3 py-3" style={{ height: ROW }}>
        <Skeleton className="size-8 rounded-full" />
        <div className="flex-1 space-y-2 pt-0.5">
          <Skeleton className="h-3 w-2/5" />
          <Skeleton className="h-3 w-4/5" />
          <Skeleton className="h-3 w-3/5" />
        </div>
      </div>
    ))}
  </div>
)

const ICONS = { mine: CheckCheck, department: Inbox, unassigned: UserRoundX, all: Inbox, spam: ShieldCheck } as const

function NothingHere({ filter }: { filter: TicketFilter }) {
  const t = useT()
  const search = inboxRoute.useSearch()
  const navigate = inboxRoute.useNavigate()
  const isNarrowed = Boolean(search.status || search.priority || search.channel || search.dept || search.q)
  if (isNarrowed) {
    return (
      <Empty icon={SearchX} title={t('inbox.noMatch')} text={t('inbox.noMatchText')}>
        <Button onClick={() => void navigate({ search: old => ({ tab: old.tab, t: old.t }) })}>{t('filter.clear')}</Button>
      </Empty>
    )
  }
  return (
    <Empty icon={ICONS[filter.queue]} title={t(`inbox.empty.${filter.queue}`)} text={t(`inbox.emptyText.${filter.queue}`)}>
      {filter.queue === 'mine' && (
        <Button onClick={() => void navigate({ search: { tab: 'unassigned' } })}>{t('inbox.seeUnassigned')}</Button>
      )}
    </Empty>
  )
}
