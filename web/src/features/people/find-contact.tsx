import { Search } from 'lucide-react'
import { useDeferredValue, useId, useState, type KeyboardEvent } from 'react'
import { useContacts } from '@/features/people/queries'
import type { Contact, ContactKind } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Avatar } from '@/ui/avatar'
import { cn } from '@/ui/cn'
import { Dialog } from '@/ui/dialog'

const SHOWN = 8

type Props = { title: string; kind: ContactKind; except: number; onPick: (found: Contact) => void; onOpenChange: (open: boolean) => void }

/** Finds somebody by a part of the name, a number or an e-mail address. */
export function FindContact({ title, kind, except, onPick, onOpenChange }: Props) {
  const t = useT()
  const listId = useId()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const wanted = useDeferredValue(typed.trim())
  const people = useContacts({ search: wanted || undefined, kind, sort: wanted ? undefined : 'name' })
  const found = people.rows.filter(row => row.id !== except).slice(0, SHOWN)
  const index = Math.min(at, Math.max(0, found.length - 1))
  const pick = (contact: Contact | undefined) => {
    if (!contact) return
    onOpenChange(false)
    onPick(contact)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((index + step + found.length) % Math.max(1, found.length))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      // Only what is on screen for what was typed.
      if (wanted === typed.trim() && !people.isFetching) pick(found[index])
    }
  }
  return (
    <Dialog open onOpenChange={onOpenChange} title={title}>
      <div className="flex items-center gap-2 rounded-md border border-edge px-2.5 focus-within:outline-2 focus-within:outline-accent">
        <Search size={14} className="text-mute" aria-hidden />
        <input
          role="combobox"
          aria-label={t('person.search')}
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={found[index] ? `${listId}-${found[index].id}` : undefined}
          value={typed}
          maxLength={200}
          placeholder={t('person.search')}
          onChange={event => {
            setTyped(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
          className="h-9 w-full bg-transparent outline-none placeholder:text-mute"
        />
      </div>
      <div id={listId} role="listbox" aria-label={title} className="mt-2 min-h-24">
        {found.map((row, i) => (
          <div
            key={row.id}
            id={`${listId}-${row.id}`}
            role="option"
            aria-selected={i === index}
            onPointerMove={() => setAt(i)}
            onClick={() => pick(row)}
            className={cn('flex items-center gap-3 rounded-md px-2 py-1.5', i === index && 'bg-accent-soft')}
          >
            <Avatar name={row.name} size={26} />
            <span className="min-w-0">
              <span className="block truncate font-medium">{row.name}</span>
              <span className="block truncate text-xs text-mute">{row.methods.map(method => method.value).slice(0, 2).join(' · ')}</span>
            </span>
          </div>
        ))}
      </div>
      {people.isSuccess && found.length === 0 && <p className="pb-2 text-mute">{t(kind === 'company' && !wanted ? 'person.noCompanies' : 'common.nothingFound')}</p>}
    </Dialog>
  )
}
