import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine'
import { ArrowDown, ArrowUp, Ellipsis, GripVertical, Trash2 } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Menu, MenuItem, MenuSeparator } from '@/ui/menu'

type Props<T> = {
  /** What the rows are, for those who hear them. */
  label: string
  items: readonly T[]
  nameOf: (item: T) => string
  move: (from: number, to: number) => void
  remove: (item: T, index: number) => void
  /** Whether one of them may go. */
  isFixed?: (item: T) => boolean
  disabled?: boolean
  children: (item: T, index: number) => ReactNode
}

/** Rows in an order of one's own: by drag, by the arrow keys on a row's handle, or by its menu. */
export function Sortable<T extends { uid: string }>({ label, items, nameOf, move, remove, isFixed, disabled = false, children }: Props<T>) {
  const t = useT()
  const list = useRef<HTMLOListElement>(null)
  // Whoever moves a row by key holds on to it, wherever it stands then.
  const held = useRef<string | null>(null)
  const [said, setSaid] = useState('')
  useLayoutEffect(() => {
    if (held.current) list.current?.querySelector<HTMLElement>(`[data-handle="${CSS.escape(held.current)}"]`)?.focus()
    held.current = null
  }, [items])
  const go = (from: number, to: number, isHeld: boolean) => {
    const item = items[from]
    if (!item || to < 0 || to >= items.length || from === to) return
    if (isHeld) held.current = item.uid
    setSaid(t('setup.movedTo', { name: nameOf(item), n: to + 1, all: items.length }))
    move(from, to)
  }
  return (
    <>
      <ol ref={list} aria-label={label} className="space-y-2">
        {items.map((item, index) => (
          <Row
            key={item.uid} group={label} uid={item.uid} index={index} last={items.length - 1} name={nameOf(item)} disabled={disabled}
            go={(to, isHeld) => go(index, to, isHeld)} drop={from => go(from, index, false)}
            remove={isFixed?.(item) ? null : () => remove(item, index)}
          >
            {children(item, index)}
          </Row>
        ))}
      </ol>
      <p aria-live="polite" className="sr-only">{said}</p>
    </>
  )
}

type RowProps = {
  group: string
  uid: string
  index: number
  last: number
  name: string
  disabled: boolean
  go: (to: number, isHeld: boolean) => void
  drop: (from: number) => void
  remove: (() => void) | null
  children: ReactNode
}

function Row({ group, uid, index, last, name, disabled, go, drop, remove, children }: RowProps) {
  const t = useT()
  const box = useRef<HTMLLIElement>(null)
  const grip = useRef<HTMLSpanElement>(null)
  const [isDragged, setDragged] = useState(false)
  const [side, setSide] = useState<'before' | 'after' | null>(null)
  const dropped = useRef(drop)
  dropped.current = drop
  useEffect(() => {
    const [element, handle] = [box.current, grip.current]
    if (!element || !handle || disabled) return
    return combine(
      draggable({
        element,
        dragHandle: handle,
        getInitialData: () => ({ group, index }),
        onDragStart: () => setDragged(true),
        onDrop: () => setDragged(false),
      }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => source.data.group === group,
        onDrag: ({ source }) => {
          const from = source.data.index as number
          setSide(from === index ? null : from < index ? 'after' : 'before')
        },
        onDragLeave: () => setSide(null),
        onDrop: ({ source }) => {
          setSide(null)
          dropped.current(source.data.index as number)
        },
      }),
    )
  }, [group, index, disabled])
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' || event.key === ']' ? 1 : event.key === 'ArrowUp' || event.key === '[' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    go(index + step, true)
  }
  const named = name || t('setup.row', { n: index + 1 })
  return (
    <li
      ref={box}
      className={cn(
        'relative flex items-start gap-1.5 rounded-lg border bg-panel p-2',
        isDragged && 'opacity-50',
        side === 'before' && 'shadow-[0_-3px_0_0_var(--accent)]',
        side === 'after' && 'shadow-[0_3px_0_0_var(--accent)]',
      )}
    >
      {!disabled && (
        // Not a real button: some browsers let nobody drag by one.
        <span
          ref={grip} role="button" tabIndex={0} data-handle={uid} aria-label={t('setup.reorder', { name: named })} aria-keyshortcuts="ArrowUp ArrowDown"
          title={t('setup.reorderHint')} onKeyDown={onKeyDown} className="grid h-8 w-6 shrink-0 cursor-grab place-items-center rounded-md text-mute hover:bg-raised hover:text-fg"
        >
          <GripVertical size={15} aria-hidden />
        </span>
      )}
      <div className="min-w-0 flex-1">{children}</div>
      {!disabled && (
        <Menu
          trigger={
            <Button variant="ghost" size="icon" aria-label={t('setup.rowMenu', { name: named })}>
              <Ellipsis size={15} aria-hidden />
            </Button>
          }
        >
          <MenuItem disabled={index === 0} onSelect={() => go(index - 1, false)}><ArrowUp size={14} aria-hidden /> {t('setup.up')}</MenuItem>
          <MenuItem disabled={index === last} onSelect={() => go(index + 1, false)}><ArrowDown size={14} aria-hidden /> {t('setup.down')}</MenuItem>
          {remove && (
            <>
              <MenuSeparator />
              <MenuItem danger onSelect={remove}><Trash2 size={14} aria-hidden /> {t('setup.remove')}</MenuItem>
            </>
          )}
        </Menu>
      )}
    </li>
  )
}
