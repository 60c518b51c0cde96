import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp, UsersRound } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, type CSSProperties } from 'react'
import { gridOf, phoneClass, type CellContext, type Column, type Editable } from '@/features/leads/columns'
import { GRID, Row, ROW, type RowActs } from '@/features/leads/lead-row'
import { useAnyMover } from '@/features/leads/move-menu'
import type { useLeads } from '@/features/leads/queries'
import { useSources } from '@/features/leads/sources'
import type { Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useShortcuts } from '@/lib/keys/shortcuts'
import { USUAL_SORT, type LeadSort } from '@/lib/lead-search'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { useNow } from '@/lib/time'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Empty, Failed, Skeleton } from '@/ui/states'

type Props = {
  leads: ReturnType<typeof useLeads>
  columns: Column[]
  pipelines: Pipeline[]
  sort: LeadSort
  setSort: (sort: LeadSort | undefined) => void
  ticked: ReadonlySet<number>
  setTicked: (next: ReadonlySet<number>) => void
  add: () => void
}

/** The leads as lines: J and K move the mark, Enter opens, X ticks, with Shift all up to there. */
export function LeadsTable(props: Props) {
  const t = useT()
  const { leads, add } = props
  if (leads.isPending) return <div className="space-y-2 p-4" aria-busy>{Array.from({ length: 8 }, (_, i) => <Skeleton key={i} className="h-10" />)}</div>
  if (leads.isError && leads.rows.length === 0) return <Failed error={leads.error} retry={() => void leads.refetch()} />
  if (leads.rows.length === 0) {
    return (
      <Empty icon={UsersRound} title={t('lead.none')} text={t('lead.noneHint')}>
        <Button onClick={add}>{t('lead.new')}</Button>
      </Empty>
    )
  }
  return <Lines {...props} />
}

function Lines({ leads, columns, pipelines, sort, setSort, ticked, setTicked }: Props) {
  const t = useT()
  const me = useMe()
  const now = useNow()
  const navigate = useNavigate()
  const { nameOf } = useSources()
  const mover = useAnyMover()
  const box = useRef<HTMLDivElement>(null)
  const [marked, setMarked] = useState<number | null>(null)
  const lastWhat = useRef<Editable | null>(null)
  const [editing, setEditing] = useState<{ id: number; what: Editable } | null>(null)
  const { rows, hasNextPage, isFetchingNextPage, fetchNextPage } = leads
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8, scrollPaddingStart: 36 })
  const items = virtual.getVirtualItems()
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - 20
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isNearEnd, hasNextPage, isFetchingNextPage, fetchNextPage])

  // What the rows ask of the table stays the same, whatever the table holds now: a row is drawn again only for itself.
  const latest = useRef({ rows, pipelines, ticked, setTicked, move: mover.move, last: 0 })
  useEffect(() => {
    Object.assign(latest.current, { rows, pipelines, ticked, setTicked, move: mover.move })
  })
  const acts = useMemo<RowActs>(
    () => ({
      toggle: (index, isRange) => {
        const { rows, ticked, setTicked, last } = latest.current
        const row = rows[index]
        if (!row) return
        const next = new Set(ticked)
        const isOn = !ticked.has(row.id)
        const [from, to] = isRange ? [Math.min(last, index), Math.max(last, index)] : [index, index]
        for (const one of rows.slice(from, to + 1)) {
          if (isOn) next.add(one.id)
          else next.delete(one.id)
        }
        latest.current.last = index
        setTicked(next)
      },
      edit: (id, what) => {
        setEditing(what && { id, what })
        // Where the change began is where the focus goes back to.
        if (!what) requestAnimationFrame(() => document.activeElement === document.body && box.current?.querySelector<HTMLElement>(`[data-cell="${id}:${lastWhat.current ?? ''}"]`)?.focus())
        else lastWhat.current = what
      },
      move: (row, to) => {
        const pipeline = latest.current.pipelines.find(one => one.id === row.pipeline_id)
        if (pipeline) latest.current.move(pipeline, row.id, row.status, to)
      },
    }),
    [],
  )
  const mayEdit = useCallback((what: Editable) => (what === 'owner' ? can(me, 'leads.assign', 'team') : can(me, 'leads.write')), [me])
  const context = useMemo<CellContext>(
    () => ({ now, sourceName: nameOf, pipelineOf: row => pipelines.find(one => one.id === row.pipeline_id), shown: new Set(columns.map(column => column.id)) }),
    [now, nameOf, pipelines, columns],
  )

  const step = (by: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, marked === null ? 0 : marked + by))
    setMarked(next)
    virtual.scrollToIndex(next)
  }
  const tick = (isRange: boolean) => marked !== null && acts.toggle(marked, isRange)
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    x: () => tick(false),
    'Shift+X': () => tick(true),
    Enter: () => {
      const row = marked === null ? undefined : rows[marked]
      if (row) void navigate({ to: '/leads/$lead', params: { lead: String(row.id) } })
    },
  })
  const { template, least } = useMemo(() => gridOf(columns), [columns])
  const areAll = rows.every(row => ticked.has(row.id))
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-auto" tabIndex={-1}>
      <div
        role="table"
        aria-label={t('nav.leads')}
        aria-rowcount={leads.first?.total ?? rows.length}
        className="min-w-(--least) max-sm:min-w-0!"
        style={{ '--columns': template, '--least': `${least}px` } as CSSProperties}
      >
        <div role="rowgroup" className="sticky top-0 z-10">
          <div role="row" className={cn(GRID, 'h-9 border-b border-l-3 border-l-transparent bg-panel text-xs text-mute')}>
            <span role="columnheader" className="flex">
              <input
                type="checkbox"
                className="size-4 accent-(--accent)"
                aria-label={t('lead.chooseAll')}
                checked={areAll}
                onChange={() => setTicked(areAll ? new Set() : new Set(rows.map(row => row.id)))}
              />
            </span>
            {columns.map(column => <Head key={column.id} column={column} sort={sort} setSort={setSort} />)}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map(item => {
            const row = rows[item.index]
            return row && (
              <Row
                key={row.id}
                row={row}
                columns={columns}
                context={context}
                top={item.start}
                index={item.index}
                isTicked={ticked.has(row.id)}
                isMarked={item.index === marked}
                editing={editing?.id === row.id ? editing.what : null}
                mayEdit={mayEdit}
                acts={acts}
              />
            )
          })}
        </div>
      </div>
      {mover.dialog}
    </div>
  )
}

type HeadProps = { column: Column; sort: LeadSort; setSort: (sort: LeadSort | undefined) => void }

/** A head that orders: its usual way first, then the other, then as it was. */
function Head({ column, sort, setSort }: HeadProps) {
  const { sorts } = column
  const at = sorts?.indexOf(sort) ?? -1
  if (!sorts) return <span role="columnheader" className={cn('truncate', phoneClass(column))}>{column.label}</span>
  const next = at === 0 ? sorts[1] : at === 1 ? undefined : sorts[0]
  const isDown = sort.startsWith('-')
  return (
    <span role="columnheader" aria-sort={at < 0 ? undefined : isDown ? 'descending' : 'ascending'} className={cn('min-w-0', phoneClass(column))}>
      <button
        type="button"
        onClick={() => setSort(next === USUAL_SORT ? undefined : next)}
        className="-mx-1 flex max-w-full items-center gap-1 rounded px-1 py-0.5 hover:bg-raised hover:text-fg"
      >
        <span className="truncate">{column.label}</span>
        {at >= 0 && (isDown ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
      </button>
    </span>
  )
}
