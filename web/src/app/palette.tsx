import { Dialog } from 'radix-ui'
import { Search } from 'lucide-react'
import { useId, useMemo, useState, type KeyboardEvent } from 'react'
import { commands, filterCommands, type Command, type CommandGroup } from '@/lib/commands'
import { useT } from '@/lib/i18n'
import { useStore } from '@/lib/store'
import { cn } from '@/ui/cn'
import { Kbd } from '@/ui/kbd'

const GROUPS: CommandGroup[] = ['ticket', 'lead', 'go', 'me', 'look']

export function Palette({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  return (
    <Dialog.Root open onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border bg-panel shadow-2xl"
        >
          <Dialog.Title className="sr-only">{t('shell.palette')}</Dialog.Title>
          <PaletteList close={() => onOpenChange(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function PaletteList({ close }: { close: () => void }) {
  const t = useT()
  const listId = useId()
  const offered = useStore(commands)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const found = useMemo(() => {
    const all = filterCommands([...offered.values()].flat(), typed)
    return GROUPS.flatMap(group => all.filter(command => command.group === group))
  }, [offered, typed])
  const index = Math.min(at, Math.max(0, found.length - 1))

  const run = (command: Command | undefined) => {
    if (!command) return
    close()
    // After the dialog gave the focus back, so that what opens next can take it.
    setTimeout(command.run, 0)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((index + step + found.length) % Math.max(1, found.length))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(found[index])
    }
  }
  return (
    <>
      <div className="flex items-center gap-2.5 border-b px-4 focus-within:shadow-[inset_0_-2px_0_var(--accent)]">
        <Search size={16} className="text-mute" aria-hidden />
        <input
          role="combobox"
          aria-label={t('palette.label')}
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={found[index] ? `${listId}-${found[index].id}` : undefined}
          autoFocus
          value={typed}
          placeholder={t('palette.placeholder')}
          onChange={event => {
            setTyped(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
          className="h-12 w-full bg-transparent text-[15px] outline-none placeholder:text-mute"
        />
      </div>
      <div id={listId} role="listbox" aria-label={t('palette.label')} className="max-h-[50vh] overflow-auto p-1.5">
        {GROUPS.map(group => {
          const members = found.filter(command => command.group === group)
          if (members.length === 0) return null
          return (
            <div key={group} role="group" aria-label={t(`palette.group.${group}`)}>
              <p aria-hidden className="px-2.5 pt-2 pb-1 text-[11px] font-semibold text-mute">{t(`palette.group.${group}`)}</p>
              {members.map(command => (
                <div
                  key={command.id}
                  id={`${listId}-${command.id}`}
                  role="option"
                  aria-selected={command === found[index]}
                  ref={command === found[index] ? node => node?.scrollIntoView({ block: 'nearest' }) : null}
                  onPointerMove={() => setAt(found.indexOf(command))}
                  onClick={() => run(command)}
                  className={cn('flex items-center gap-2 rounded-md px-2.5 py-2', command === found[index] && 'bg-accent-soft')}
                >
                  <span className="flex-1 truncate">{command.label}</span>
                  {command.keys?.split(' ').map(key => <Kbd key={key}>{key}</Kbd>)}
                </div>
              ))}
            </div>
          )
        })}
      </div>
      {found.length === 0 && <p className="px-4 pb-4 text-mute">{t('common.nothingFound')}</p>}
    </>
  )
}
