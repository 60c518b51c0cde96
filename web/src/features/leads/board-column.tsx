import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { MessageSquare, MoreHorizontal } from 'lucide-react'
import { memo, useEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react'
import { arrowStep, useCardKeys } from '@/features/leads/board-keys'
import { useFollowed, useFollowHere } from '@/features/leads/follow'
import { AgingBadge, LeadPriorityBadge, Score } from '@/features/leads/labels'
import { keys, type LeadFilter } from '@/lib/api/keys'
import { fetchColumn } from '@/lib/api/leads'
import { messageOf } from '@/lib/api/problem'
import type { Board, BoardColumn, Card, Pipeline } from '@/lib/api/types'
import { number, tn, useT } from '@/lib/i18n'
import { money } from '@/lib/money'
import { shortAge, useNow } from '@/lib/time'
import { toastFailure } from '@/lib/toast'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuSeparator } from '@/ui/menu'

const CARD = 96
const NAME = 'min-w-0 flex-1 truncate font-medium hover:underline'
/** The longer nobody was in touch, the warmer. */
const AGE = { warning: 'font-medium text-warn', critical: 'font-medium text-danger' }
type Move = (id: number, from: string, to: string) => void
type Props = { column: BoardColumn; pipeline: Pipeline; filter: LeadFilter; move: Move }

/** One stage: how many, what they are worth, how many are overdue, and the cards. */
export const BoardColumnView = memo(function BoardColumnView({ column, pipeline, filter, move }: Props) {
  const t = useT()
  const now = useNow()
  const client = useQueryClient()
  const box = useRef<HTMLDivElement>(null)
  const [isOver, setOver] = useState(false)
  const [isLoading, setLoading] = useState(false)
  useEffect(() => {
    const element = box.current
    if (!element) return
    return dropTargetForElements({
      element,
      getData: () => ({ status: column.status }),
      canDrop: ({ source }) => source.data.kind === 'lead',
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: () => setOver(false),
    })
  }, [column.status])
  const virtual = useVirtualizer({ count: column.leads.length, getScrollElement: () => box.current, estimateSize: () => CARD + 8, overscan: 4 })
  useFollowHere(box, column.leads, index => virtual.scrollToIndex(index))
  const { offer } = useCardKeys()
  useEffect(
    () =>
      offer(column.status, index => {
        const id = column.leads[index]?.id
        virtual.scrollToIndex(index)
        focusCard(box.current, id)
      }),
    [offer, column.status, column.leads, virtual],
  )
  const more = async () => {
    if (!column.next_cursor) return
    setLoading(true)
    try {
      const next = (await fetchColumn(filter, column.status, column.next_cursor)).columns[0]
      if (!next) return
      client.setQueryData<Board>(keys.board(filter), old => {
        if (!old) return old
        const known = new Set(old.columns.flatMap(one => one.leads.map(card => card.id)))
        const added = next.leads.filter(card => !known.has(card.id))
        const grow = (one: BoardColumn) => (one.status === column.status ? { ...one, leads: [...one.leads, ...added], next_cursor: next.next_cursor } : one)
        return { ...old, columns: old.columns.map(grow) }
      })
    } catch (error) {
      toastFailure(messageOf(error), () => void more())
    } finally {
      setLoading(false)
    }
  }
  return (
    <section aria-label={column.name} className="flex w-68 shrink-0 snap-start flex-col rounded-xl border bg-panel max-sm:w-[85vw]">
      <header className="border-b px-3 py-2.5">
        <h2 className="flex items-center justify-between gap-2 font-semibold">
          <span className="truncate">{column.name}</span>
          <span className="text-mute tabular-nums">{number(column.count) + (column.count_capped ? '+' : '')}</span>
        </h2>
        <p className="mt-0.5 flex justify-between gap-2 text-xs text-mute">
          <span className="tabular-nums">{column.value === null ? '–' : money(column.value, column.currency)}</span>
          {!!column.overdue_count && <span className="font-medium text-danger">{tn('lead.overdueCount', column.overdue_count)}</span>}
        </p>
      </header>
      <div ref={box} tabIndex={-1} className={cn('min-h-0 flex-1 overflow-y-auto p-2', isOver && 'bg-accent-soft')}>
        {column.leads.length === 0 && <p className="px-2 py-6 text-center text-mute">{t('lead.emptyColumn')}</p>}
        <ul className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(item => {
            const card = column.leads[item.index]
            return card && <CardView key={card.id} card={card} column={column} pipeline={pipeline} top={item.start} now={now} move={move} />
          })}
        </ul>
        {column.next_cursor && <Button variant="ghost" className="mt-1 w-full" disabled={isLoading} onClick={() => void more()}>{t('lead.more')}</Button>}
      </div>
    </section>
  )
})

/** One that has just been scrolled to is drawn with the next frames. */
function focusCard(box: HTMLElement | null, id: number | undefined, tries = 10): void {
  const link = box?.querySelector<HTMLElement>(`[data-card="${id}"] a`)
  link?.focus()
  link?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  if (!link && tries > 0) requestAnimationFrame(() => focusCard(box, id, tries - 1))
}

type CardProps = { card: Card; column: BoardColumn; pipeline: Pipeline; top: number; now: number; move: Move }

function CardView({ card, column, pipeline, top, now, move }: CardProps) {
  const t = useT()
  const item = useRef<HTMLLIElement>(null)
  const [isDragged, setDragged] = useState(false)
  useEffect(() => {
    const element = item.current
    if (!element) return
    return draggable({
      element,
      getInitialData: () => ({ kind: 'lead', id: card.id, status: column.status }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    })
  }, [card.id, column.status])
  const navigate = useNavigate()
  const followed = useFollowed()
  const lead = { to: '/leads/$lead', params: { lead: String(card.id) } } as const
  const stages = pipeline.stages.filter(stage => stage.is_active || stage.key === column.status)
  const at = stages.findIndex(stage => stage.key === column.status)
  const { go } = useCardKeys()
  /** What happens in its menu happens elsewhere on the page. */
  const isHere = (event: { target: EventTarget }) => event.target instanceof Node && item.current?.contains(event.target) === true
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || !isHere(event)) return
    const arrow = arrowStep(event.key)
    if (arrow) {
      event.preventDefault()
      go(card.id, arrow)
      return
    }
    const step = event.key === ']' ? 1 : event.key === '[' ? -1 : 0
    const to = step === 0 ? undefined : stages[at + step]
    if (!to) return
    event.preventDefault()
    followed.current = card.id
    move(card.id, column.status, to.key)
  }
  /** The whole card opens what its name opens, in another tab too; what is marked in it stays marked. */
  const onClick = ({ target, ctrlKey, metaKey, shiftKey }: MouseEvent) => {
    const marked = getSelection()
    const isMarking = marked?.isCollapsed === false && marked.anchorNode !== null && isHere({ target: marked.anchorNode })
    if (!isHere({ target }) || isMarking || (target instanceof Element && target.closest('a, button'))) return
    item.current?.querySelector('a')?.dispatchEvent(new window.MouseEvent('click', { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }))
  }
  return (
    <li
      ref={item}
      data-card={card.id}
      onKeyDown={onKeyDown}
      onClick={onClick}
      className={cn(
        'absolute inset-x-0 flex cursor-pointer flex-col rounded-lg border bg-bg p-2.5 hover:border-edge focus-within:border-accent',
        card.is_overdue && 'border-l-3 border-l-danger',
        !card.is_overdue && card.is_stale === 'warning' && 'border-l-3 border-l-warn',
        !card.is_overdue && card.is_stale === 'critical' && 'border-l-3 border-l-danger',
        isDragged && 'opacity-50',
      )}
      style={{ top, height: CARD }}
    >
      <div className="flex items-start gap-1">
        {card.last_ticket_id === null ? (
          <Link {...lead} className={NAME}>{card.name}</Link>
        ) : (
          <Link to="/inbox" search={{ tab: 'all', t: card.last_ticket_id }} className={cn(NAME, 'flex items-center gap-1')}>
            <span className="truncate">{card.name}</span>
            <MessageSquare size={12} className="shrink-0 text-mute" role="img" aria-label={t('lead.hasConversation')} />
          </Link>
        )}
        <Menu
          trigger={
            <Button variant="ghost" size="tiny" aria-label={t('lead.moveNamed', { name: card.name })} className="-mt-0.5 -mr-1">
              <MoreHorizontal size={14} aria-hidden />
            </Button>
          }
        >
          {card.last_ticket_id !== null && (
            <>
              <MenuItem onSelect={() => void navigate(lead)}>{t('lead.openLead')}</MenuItem>
              <MenuSeparator />
              <MenuLabel>{t('lead.move')}</MenuLabel>
            </>
          )}
          <MenuChoices value={column.status} choices={stages.map(stage => ({ value: stage.key, label: stage.name }))} onChoose={to => move(card.id, column.status, to)} />
        </Menu>
      </div>
      <p className="flex items-center gap-2 text-xs text-mute">
        <Score score={card.score} />
        <span className="truncate tabular-nums">{card.value === null ? '' : money(card.value, card.currency)}</span>
        <span className={cn('ml-auto', card.is_overdue ? AGE.critical : card.is_stale && AGE[card.is_stale])}>{shortAge(card.stage_entered_at, now)}</span>
      </p>
      <div className="mt-auto flex items-center gap-1.5 overflow-hidden">
        <AgingBadge lead={card} now={now} />
        {(card.priority === 'high' || card.priority === 'critical') && <LeadPriorityBadge priority={card.priority} />}
        {card.owner && <span className="ml-auto flex min-w-0 items-center gap-1 text-xs text-mute"><Avatar name={card.owner.name} size={18} /><span className="truncate">{card.owner.name}</span></span>}
      </div>
    </li>
  )
}
