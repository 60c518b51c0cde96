import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Building2, Contact as ContactIcon } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { addressKind, BlockedBadge } from '@/features/people/labels'
import type { useContacts } from '@/features/people/queries'
import type { Contact } from '@/lib/api/types'
import { t as say, useT } from '@/lib/i18n'
import { shortAge, useNow } from '@/lib/time'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon } from '@/ui/channel-icon'
import { cn } from '@/ui/cn'
import { Empty, Failed, Skeleton } from '@/ui/states'

const ROW = 48
/** Wide columns; a phone shows the name with what it is reached by. */
const GRID = 'grid grid-cols-[minmax(200px,2fr)_minmax(140px,1fr)_minmax(180px,1.4fr)_minmax(120px,1fr)_70px] max-sm:grid-cols-[1fr] items-center gap-x-4 px-4'
const WIDE = 'max-sm:hidden'

type Props = {
  people: ReturnType<typeof useContacts>
  /** Whether something narrows the list, so that nothing found means something else. */
  isNarrowed: boolean
  clear: () => void
  add: (() => void) | undefined
}

export function PeopleTable({ people, isNarrowed, clear, add }: Props) {
  const t = useT()
  const now = useNow()
  const box = useRef<HTMLDivElement>(null)
  const { rows, hasNextPage, isFetchingNextPage, fetchNextPage } = people
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8 })
  const items = virtual.getVirtualItems()
  const isNearEnd = rows.length > 0 && (items.at(-1)?.index ?? 0) >= rows.length - 10
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isNearEnd, hasNextPage, isFetchingNextPage, fetchNextPage])
  if (people.isPending) return <div className="space-y-2 p-4" aria-busy>{Array.from({ length: 8 }, (_, i) => <Skeleton key={i} className="h-10" />)}</div>
  if (people.isError && rows.length === 0) return <Failed error={people.error} retry={() => void people.refetch()} />
  if (rows.length === 0 && isNarrowed) {
    return (
      <Empty icon={ContactIcon} title={t('person.noneFound')} text={t('person.noneFoundHint')}>
        <Button onClick={clear}>{t('person.showAll')}</Button>
      </Empty>
    )
  }
  if (rows.length === 0) {
    return (
      <Empty icon={ContactIcon} title={t('person.none')} text={t('person.noneHint')}>
        {add && <Button onClick={add}>{t('person.new.person')}</Button>}
      </Empty>
    )
  }
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-auto" tabIndex={-1}>
      <div role="table" aria-label={t('nav.people')} aria-rowcount={(people.first?.total ?? rows.length) + 1} className="min-w-0">
        <div role="rowgroup" className="sticky top-0 z-10">
          <div role="row" aria-rowindex={1} className={cn(GRID, 'h-9 border-b bg-panel text-xs text-mute')}>
            <span role="columnheader">{t('person.name')}</span>
            <span role="columnheader" className={WIDE}>{t('person.method.phone')}</span>
            <span role="columnheader" className={WIDE}>{t('person.method.email')}</span>
            <span role="columnheader" className={WIDE}>{t('person.channels')}</span>
            <span role="columnheader" className={WIDE}>{t('person.since')}</span>
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map(item => {
            const row = rows[item.index]
            return row && <Row key={row.id} row={row} top={item.start} index={item.index} now={now} />
          })}
        </div>
      </div>
    </div>
  )
}

/** The address of a kind that is used first. */
const best = (row: Contact, kind: string) => {
  const all = row.methods.filter(method => method.kind === kind && method.is_active)
  return all.find(method => method.is_primary) ?? all[0]
}

function Row({ row, top, index, now }: { row: Contact; top: number; index: number; now: number }) {
  const phone = best(row, 'phone')
  const email = best(row, 'email')
  const channels = [...new Set(row.methods.filter(method => method.is_active && method.kind !== 'phone' && method.kind !== 'email').map(method => method.kind))]
  const isOptedOut = row.methods.some(method => method.opted_out_at)
  return (
    <div role="row" aria-rowindex={index + 2} className={cn(GRID, 'absolute inset-x-0 border-b bg-panel hover:bg-raised')} style={{ top, height: ROW }}>
      <span role="cell" className="flex min-w-0 items-center gap-3">
        <Avatar name={row.name} size={28} />
        <span className="min-w-0">
          <span className="flex min-w-0 items-center gap-1.5">
            <Link to="/people/$contact" params={{ contact: String(row.id) }} className="truncate font-medium hover:underline">{row.name}</Link>
            {row.kind === 'company' && <Badge><Building2 size={11} aria-hidden /> {say('person.kinds.company')}</Badge>}
            {row.is_blocked && <BlockedBadge />}
            {isOptedOut && <Badge tone="warn">{say('details.optedOut')}</Badge>}
          </span>
          <span className="block truncate text-xs text-mute sm:hidden">{phone?.value ?? email?.value ?? channels.map(addressKind).join(', ')}</span>
        </span>
      </span>
      <span role="cell" className={cn(WIDE, 'truncate tabular-nums')}>{phone?.value ?? <Nothing />}</span>
      <span role="cell" className={cn(WIDE, 'truncate')}>{email?.value ?? <Nothing />}</span>
      <span role="cell" className={cn(WIDE, 'flex gap-2 text-mute')}>
        {channels.length === 0 && <Nothing />}
        {channels.map(kind => (
          <span key={kind} title={addressKind(kind)}><ChannelIcon channel={kind} size={14} /><span className="sr-only">{addressKind(kind)}</span></span>
        ))}
      </span>
      <span role="cell" className={cn(WIDE, 'truncate text-mute')}>{shortAge(row.created_at, now)}</span>
    </div>
  )
}

const Nothing = () => <span className="text-mute">–</span>
