import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { peopleQuery } from '@/lib/api/staff'
import type { Named } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Avatar } from '@/ui/avatar'
import { Picker, type PickerItem } from '@/ui/picker'
import { PresenceDot } from '@/ui/presence-dot'

type Props = {
  trigger: ReactNode
  open: boolean
  onOpenChange: (open: boolean) => void
  chosen: number | null
  onPick: (agent: Named | null) => void
  side?: 'top' | 'bottom'
}

/** People that a ticket can go to, oneself first, then whoever is free. */
export function AssignPicker({ chosen, onPick, ...popover }: Props) {
  const t = useT()
  const me = useMe()
  const others = can(me, 'tickets.assign', 'team')
  const people = useQuery({ ...peopleQuery, enabled: popover.open && others })
  const everybody = (people.data ?? []).filter(user => user.id !== me.id)
  const rank = { available: 0, busy: 1, away: 2, offline: 3 }
  const sorted = everybody.toSorted((a, b) => rank[a.status] - rank[b.status] || a.name.localeCompare(b.name))
  const items: PickerItem[] = [
    {
      id: String(me.id),
      text: me.name,
      chosen: chosen === me.id,
      content: <Person name={t('assign.me', { name: me.name })} face={me.name} status={me.status} load={`${me.load}/${me.capacity}`} />,
    },
    ...sorted.map(user => ({
      id: String(user.id),
      text: user.name,
      chosen: chosen === user.id,
      content: <Person name={user.name} face={user.name} status={user.status} load={`${user.load}/${user.capacity}`} />,
    })),
    ...(chosen === null ? [] : [{ id: 'nobody', text: t('assign.nobody') }]),
  ]
  return (
    <Picker
      {...popover}
      label={t('thread.assign')}
      items={items}
      onPick={id => {
        const user = [me, ...everybody].find(person => String(person.id) === id)
        onPick(user ? { id: user.id, name: user.name } : null)
      }}
    />
  )
}

const Person = ({ name, face, status, load }: { name: string; face: string; status: 'available' | 'busy' | 'away' | 'offline'; load: string }) => (
  <>
    <Avatar name={face} size={20} />
    <span className="min-w-0 flex-1 truncate">{name}</span>
    <span className="text-[11px] text-mute tabular-nums">{load}</span>
    <PresenceDot status={status} />
  </>
)
