import { Link } from '@tanstack/react-router'
import { ArrowLeft, Ban, Building2, Eraser, GitMerge, MoreHorizontal, Pencil, ShieldCheck, UserRound } from 'lucide-react'
import { useState } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { EraseDialog } from '@/features/people/erase-dialog'
import { FindContact } from '@/features/people/find-contact'
import { personRoute } from '@/features/people/filter'
import { BlockedBadge } from '@/features/people/labels'
import type { ContactDetail } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Input } from '@/ui/field'
import { Menu, MenuItem } from '@/ui/menu'

type Props = { person: ContactDetail; mayChange: boolean; mayMerge: boolean }

export function PersonHeader({ person, mayChange, mayMerge }: Props) {
  const t = useT()
  const me = useMe()
  const navigate = personRoute.useNavigate()
  const { setBlocked } = usePersonActions()
  const [open, setOpen] = useState<'find' | 'erase' | null>(null)
  const mayErase = can(me, 'contacts.erase') && person.erased_at === null
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-3 border-b bg-panel px-4 py-3">
      <Link to="/people" aria-label={t('person.back')} className="rounded-md p-1.5 text-mute hover:bg-raised hover:text-fg"><ArrowLeft size={16} aria-hidden /></Link>
      <Avatar name={person.name} size={36} />
      <div className="min-w-0 max-sm:flex-1">
        <Name person={person} mayChange={mayChange} />
        <p className="flex flex-wrap items-center gap-2 text-xs text-mute">
          <Badge>{person.kind === 'company' ? <Building2 size={11} aria-hidden /> : <UserRound size={11} aria-hidden />} {t(`person.kinds.${person.kind}`)}</Badge>
          {person.company && <Link to="/people/$contact" params={{ contact: String(person.company.id) }} className="hover:underline">{person.company.name}</Link>}
          {person.is_blocked && <BlockedBadge />}
          {person.erased_at && <Badge tone="danger"><Eraser size={11} aria-hidden /> {t('person.erased')}</Badge>}
        </p>
      </div>
      <div className="ml-auto flex gap-2 max-sm:ml-0 max-sm:w-full">
        {mayChange && (
          <Button onClick={() => void setBlocked(person.id, !person.is_blocked)}>
            {person.is_blocked ? <ShieldCheck size={13} aria-hidden /> : <Ban size={13} aria-hidden />} {t(person.is_blocked ? 'person.unblock' : 'person.block')}
          </Button>
        )}
        {mayMerge && <Button onClick={() => setOpen('find')}><GitMerge size={13} aria-hidden /> {t('person.mergeWith')}</Button>}
        {mayErase && (
          <Menu trigger={<Button aria-label={t('person.more')}><MoreHorizontal size={14} aria-hidden /></Button>}>
            <MenuItem danger onSelect={() => setOpen('erase')}><Eraser size={14} aria-hidden /> {t('person.erase')}</MenuItem>
          </Menu>
        )}
      </div>
      {open === 'find' && (
        <FindContact
          title={t('person.mergeWithTitle', { name: person.name })}
          kind={person.kind}
          except={person.id}
          onPick={other => void navigate({ search: old => ({ ...old, merge: other.id }) })}
          onOpenChange={() => setOpen(null)}
        />
      )}
      {open === 'erase' && <EraseDialog person={person} onOpenChange={() => setOpen(null)} />}
    </header>
  )
}

/** The name, changed where it stands: Enter or leaving keeps it, Escape does not. */
function Name({ person, mayChange }: { person: ContactDetail; mayChange: boolean }) {
  const t = useT()
  const { change } = usePersonActions()
  const shown = person.erased_at ? t('person.erasedName') : person.name
  const [typed, setTyped] = useState<string | null>(null)
  if (typed === null) {
    return (
      <div className="flex min-w-0 items-center gap-1">
        <h1 className="truncate text-[15px] font-semibold">{shown}</h1>
        {mayChange && <Button variant="ghost" size="tiny" aria-label={t('person.rename')} onClick={() => setTyped(person.name)}><Pencil size={12} aria-hidden /></Button>}
      </div>
    )
  }
  const keep = () => {
    const name = typed.trim()
    setTyped(null)
    if (name && name !== person.name) void change(person.id, { name }, { name })
  }
  return (
    <>
      <h1 className="sr-only">{person.name}</h1>
      <Input
        autoFocus
        aria-label={t('person.name')}
        maxLength={200}
        value={typed}
        onChange={event => setTyped(event.target.value)}
        onFocus={event => event.currentTarget.select()}
        onBlur={keep}
        onKeyDown={event => {
          if (event.key === 'Enter') keep()
          if (event.key === 'Escape') setTyped(null)
        }}
        className="w-72! max-sm:w-full!"
      />
    </>
  )
}
