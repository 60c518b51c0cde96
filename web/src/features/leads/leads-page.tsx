import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Plus, UsersRound } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { LeadBulkBar } from '@/features/leads/bulk-bar'
import { leadFilter, leadsRoute, SORTS, type LeadsSearch } from '@/features/leads/filter'
import { AgingBadge, LeadPriorityBadge, Score, StageBadge } from '@/features/leads/labels'
import { NewLeadDialog } from '@/features/leads/new-lead'
import { useLeads, usePipeline } from '@/features/leads/queries'
import { Toolbar } from '@/features/leads/toolbar'
import type { LeadRow } from '@/lib/api/types'
import { number, t as say, tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { money } from '@/lib/money'
import { can } from '@/lib/permissions'
import { shortAge, useNow } from '@/lib/time'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Select } from '@/ui/field'
import { Empty, Failed, Skeleton } from '@/ui/states'

const ROW = 48
/** Wide columns; a phone shows name and stage. */
const GRID = 'grid grid-cols-[28px_minmax(180px,2fr)_minmax(120px,1fr)_minmax(150px,1.2fr)_56px_minmax(100px,1fr)_minmax(110px,1fr)_70px] max-sm:grid-cols-[28px_1fr_auto] items-center gap-x-3 px-4'
const WIDE = 'max-sm:hidden truncate'

/** Every lead, narrowed and sorted; the choice lives in the address. */
export function LeadsPage() {
  const t = useT()
  const me = useMe()
  const search = leadsRoute.useSearch()
  const navigate = leadsRoute.useNavigate()
  const set = (change: Partial<LeadsSearch>) => void navigate({ search: old => ({ ...old, ...change }), replace: true })
  const { pipeline } = usePipeline(search.pipeline)
  const leads = useLeads(leadFilter(search))
  const [isAdding, setAdding] = useState(false)
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set())
  useEffect(() => {
    document.title = `${t('nav.leads')} · Frontdesk`
  }, [t])
  const total = leads.first && number(leads.first.total) + (leads.first.total_capped ? '+' : '')
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <Toolbar title={t('nav.leads')} search={search} set={set}>
        <span className="text-xs text-mute" aria-live="polite">{leads.first && tn('lead.total', leads.first.total, { count: total ?? '' })}</span>
        {can(me, 'leads.create') && (
          <Button variant="solid" size="md" onClick={() => setAdding(true)}><Plus size={14} aria-hidden /> {t('lead.new')}</Button>
        )}
      </Toolbar>
      <div className="flex flex-wrap gap-2 border-b bg-panel px-4 py-2">
        <Select aria-label={t('lead.stage')} value={search.status ?? ''} onChange={e => set({ status: e.target.value || undefined })}>
          <option value="">{t('lead.anyStage')}</option>
          {pipeline?.stages.filter(stage => stage.is_active).map(stage => <option key={stage.key} value={stage.key}>{stage.name}</option>)}
        </Select>
        <Select aria-label={t('lead.outcome')} value={search.outcome ?? ''} onChange={e => set({ outcome: (e.target.value || undefined) as LeadsSearch['outcome'] })}>
          <option value="">{t('lead.outcome.open')}</option>
          <option value="won">{t('lead.outcome.won')}</option>
          <option value="lost">{t('lead.outcome.lost')}</option>
          <option value="any">{t('lead.outcome.any')}</option>
        </Select>
        <Select aria-label={t('lead.sort')} value={search.sort ?? SORTS[0]} onChange={e => set({ sort: e.target.value === SORTS[0] ? undefined : e.target.value })}>
          {SORTS.map(sort => <option key={sort} value={sort}>{t(`lead.sort.${sort}`)}</option>)}
        </Select>
      </div>
      <Table leads={leads} ticked={ticked} setTicked={setTicked} add={() => setAdding(true)} />
      {ticked.size > 0 && pipeline && <LeadBulkBar ids={[...ticked]} pipeline={pipeline} clear={() => setTicked(new Set())} />}
      {isAdding && <NewLeadDialog pipelineId={search.pipeline} onOpenChange={setAdding} />}
    </main>
  )
}

type TableProps = { leads: ReturnType<typeof useLeads>; ticked: ReadonlySet<number>; setTicked: (next: ReadonlySet<number>) => void; add: () => void }

function Table({ leads, ticked, setTicked, add }: TableProps) {
  const t = useT()
  const now = useNow()
  const box = useRef<HTMLDivElement>(null)
  const { rows, hasNextPage, isFetchingNextPage, fetchNextPage } = leads
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8 })
  const items = virtual.getVirtualItems()
  const isNearEnd = rows.length > 0 && (items.at(-1)?.index ?? 0) >= rows.length - 10
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isNearEnd, hasNextPage, isFetchingNextPage, fetchNextPage])
  const toggle = useMemo(
    () => (id: number) => {
      const next = new Set(ticked)
      if (!next.delete(id)) next.add(id)
      setTicked(next)
    },
    [ticked, setTicked],
  )
  if (leads.isPending) return <div className="space-y-2 p-4" aria-busy>{Array.from({ length: 8 }, (_, i) => <Skeleton key={i} className="h-10" />)}</div>
  if (leads.isError && rows.length === 0) return <Failed error={leads.error} retry={() => void leads.refetch()} />
  if (rows.length === 0) {
    return (
      <Empty icon={UsersRound} title={t('lead.none')} text={t('lead.noneHint')}>
        <Button onClick={add}>{t('lead.new')}</Button>
      </Empty>
    )
  }
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-auto" tabIndex={-1}>
      <div role="table" aria-label={t('nav.leads')} aria-rowcount={leads.first?.total ?? rows.length} className="min-w-0">
        <div role="rowgroup">
          <div role="row" className={cn(GRID, 'sticky top-0 z-10 h-9 border-b bg-panel text-xs text-mute')}>
            <span role="columnheader"><span className="sr-only">{t('lead.choose')}</span></span>
            <span role="columnheader">{t('lead.name')}</span>
            <span role="columnheader">{t('lead.stage')}</span>
            <span role="columnheader" className={WIDE}>{t('lead.contact')}</span>
            <span role="columnheader" className={WIDE}>{t('lead.score')}</span>
            <span role="columnheader" className={WIDE}>{t('lead.owner')}</span>
            <span role="columnheader" className={WIDE}>{t('lead.worth')}</span>
            <span role="columnheader" className={WIDE}>{t('lead.age')}</span>
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map(item => {
            const row = rows[item.index]
            return row && <Row key={row.id} row={row} top={item.start} index={item.index} now={now} isTicked={ticked.has(row.id)} toggle={toggle} />
          })}
        </div>
      </div>
    </div>
  )
}

type RowProps = { row: LeadRow; top: number; index: number; now: number; isTicked: boolean; toggle: (id: number) => void }

function Row({ row, top, index, now, isTicked, toggle }: RowProps) {
  return (
    <div role="row" aria-rowindex={index + 2} className={cn(GRID, 'absolute inset-x-0 border-b bg-panel hover:bg-raised', isTicked && 'bg-accent-soft!')} style={{ top, height: ROW }}>
      <span role="cell">
        <input type="checkbox" className="size-4 accent-(--accent)" aria-label={say('lead.chooseNamed', { name: row.name })} checked={isTicked} onChange={() => toggle(row.id)} />
      </span>
      <span role="cell" className="min-w-0">
        <Link to="/leads/$lead" params={{ lead: String(row.id) }} className="block truncate font-medium hover:underline">{row.name}</Link>
        <span className="flex gap-1.5 truncate text-xs text-mute">
          <span className="truncate">{row.source}</span>
          <AgingBadge lead={row} now={now} />
        </span>
      </span>
      <span role="cell" className="flex min-w-0 items-center gap-1.5">
        <StageBadge stage={row.stage} />
        {(row.priority === 'high' || row.priority === 'critical') && <LeadPriorityBadge priority={row.priority} />}
      </span>
      <span role="cell" className={cn(WIDE, 'text-mute')}>{row.phone ?? row.email ?? '–'}</span>
      <span role="cell" className={WIDE}><Score score={row.score} /></span>
      <span role="cell" className={cn(WIDE, !row.owner && 'text-mute')}>{row.owner?.name ?? say('lead.nobodys')}</span>
      <span role="cell" className={cn(WIDE, 'tabular-nums')}>{row.value === null ? '–' : money(row.value, row.currency)}</span>
      <span role="cell" className={cn(WIDE, 'text-mute')}>{shortAge(row.created_at, now)}</span>
    </div>
  )
}
