import { Popover } from 'radix-ui'
import { Check, Search } from 'lucide-react'
import { useId, useState, type KeyboardEvent, type ReactNode } from 'react'
import { includesFolded } from '@/lib/commands'
import { useT } from '@/lib/i18n'
import { cn } from '@/ui/cn'

export type PickerItem = { id: string; text: string; content?: ReactNode; chosen?: boolean }
type Props = {
  trigger: ReactNode
  label: string
  items: PickerItem[]
  open: boolean
  onOpenChange: (open: boolean) => void
  onPick: (id: string) => void
  /** Offers the typed text itself when nothing bears that name. */
  onCreate?: (text: string) => void
  keepOpen?: boolean
  side?: 'top' | 'bottom'
  align?: 'start' | 'end'
}

/** A button that opens a searchable list; arrows move, Enter picks. */
export function Picker({ trigger, open, onOpenChange, side = 'bottom', align = 'end', ...list }: Props) {
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          aria-label={list.label}
          className="z-50 w-64 overflow-hidden rounded-lg border bg-panel shadow-xl"
        >
          <PickerList {...list} close={() => onOpenChange(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

type ListProps = Pick<Props, 'label' | 'items' | 'onPick' | 'onCreate' | 'keepOpen'> & { close: () => void }

function PickerList({ label, items, onPick, onCreate, keepOpen, close }: ListProps) {
  const t = useT()
  const listId = useId()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const found = items.filter(item => includesFolded(item.text, typed))
  const fresh = typed.trim()
  const canCreate = onCreate !== undefined && fresh !== '' && !items.some(item => item.text.toLowerCase() === fresh.toLowerCase())
  const size = found.length + (canCreate ? 1 : 0)
  const index = Math.min(at, Math.max(0, size - 1))

  const choose = (position: number) => {
    const item = found[position]
    if (item) onPick(item.id)
    else if (canCreate) onCreate(fresh)
    else return
    setTyped('')
    if (!keepOpen) close()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((index + step + size) % Math.max(1, size))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      choose(index)
    }
  }
  return (
    <>
      <div className="flex items-center gap-2 border-b px-2.5 focus-within:shadow-[inset_0_0_0_2px_var(--accent)]">
        <Search size={14} className="text-mute" aria-hidden />
        <input
          role="combobox"
          aria-label={label}
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={size > 0 ? `${listId}-${index}` : undefined}
          autoFocus
          value={typed}
          placeholder={t('common.search')}
          onChange={event => {
            setTyped(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
          className="h-9 w-full bg-transparent outline-none placeholder:text-mute"
        />
      </div>
      <div id={listId} role="listbox" aria-label={label} className="max-h-64 overflow-auto p-1">
        {found.map((item, i) => (
          <Option key={item.id} id={`${listId}-${i}`} active={i === index} chosen={item.chosen ?? false} onMove={() => setAt(i)} onPick={() => choose(i)}>
            {item.content ?? item.text}
          </Option>
        ))}
        {canCreate && (
          <Option id={`${listId}-${found.length}`} active={index === found.length} chosen={false} onMove={() => setAt(found.length)} onPick={() => choose(found.length)}>
            {t('common.addNamed', { name: fresh })}
          </Option>
        )}
      </div>
      {size === 0 && <p className="px-3 pb-3 text-mute">{t('common.nothingFound')}</p>}
    </>
  )
}

type OptionProps = { id: string; active: boolean; chosen: boolean; onMove: () => void; onPick: () => void; children: ReactNode }

const Option = ({ id, active, chosen, onMove, onPick, children }: OptionProps) => (
  <div
    id={id}
    role="option"
    aria-selected={chosen}
    ref={active ? scrollHere : null}
    onPointerMove={onMove}
    onClick={onPick}
    className={cn('flex cursor-default items-center gap-2 rounded px-2 py-1.5', active && 'bg-accent-soft')}
  >
    <span className="flex min-w-0 flex-1 items-center gap-2">{children}</span>
    {chosen && <Check size={14} className="shrink-0 text-accent" aria-hidden />}
  </div>
)

function scrollHere(node: HTMLElement | null): void {
  node?.scrollIntoView({ block: 'nearest' })
}
