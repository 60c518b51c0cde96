import { useQuery } from '@tanstack/react-query'
import { useState, type KeyboardEvent, type ReactNode } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import type { Editable } from '@/features/leads/columns'
import { PRIORITIES } from '@/features/leads/labels'
import { peopleQuery } from '@/lib/api/staff'
import type { LeadRow, Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { minorUnits, typed } from '@/lib/money'
import { Input } from '@/ui/field'
import { Picker, type PickerItem } from '@/ui/picker'

type Props = { row: LeadRow; what: Editable; pipeline: Pipeline | undefined; move: (row: LeadRow, to: string) => void; close: () => void; children: ReactNode }

/** The one cell that is being changed: Enter keeps, Escape leaves it as it was. */
export function CellEditor({ row, what, pipeline, move, close, children }: Props) {
  const t = useT()
  const { edit } = useLeadActions()
  const people = useQuery({ ...peopleQuery, enabled: what === 'owner' })
  const label = t('cell.edit', { what: t(NAMES[what]), name: row.name })
  const pick = (items: PickerItem[], onPick: (id: string) => void) => (
    <Picker label={label} open onOpenChange={open => open || close()} items={items} onPick={onPick} trigger={<button type="button" className="-mx-1.5 flex h-7 w-[calc(100%+0.75rem)] items-center truncate rounded border border-accent px-1.5 text-left">{children}</button>} />
  )
  switch (what) {
    case 'name':
      return <Line label={label} first={row.name} close={close} keep={name => {
        if (name.trim() && name.trim() !== row.name) void edit(row, { name: name.trim() }, { name: row.name })
      }} />
    case 'value':
      return <Line label={label} first={typed(row.value, row.currency)} close={close} isWrong={text => minorUnits(text, row.currency) === undefined} keep={text => {
        const value = minorUnits(text, row.currency)
        if (value !== undefined && value !== row.value) void edit(row, { value }, { value: row.value })
      }} />
    case 'priority':
      return pick(
        PRIORITIES.map(priority => ({ id: priority, text: t(`priority.${priority}`), chosen: priority === row.priority })),
        id => {
          const priority = PRIORITIES.find(one => one === id)
          if (priority && priority !== row.priority) void edit(row, { priority }, { priority: row.priority })
        },
      )
    case 'owner': {
      const nobody: PickerItem[] = [{ id: '', text: t('lead.nobodys'), chosen: row.owner === null }]
      const all = (people.data ?? []).map(person => ({ id: String(person.id), text: person.name, chosen: person.id === row.assigned_to }))
      return pick([...nobody, ...all], id => {
        const person = people.data?.find(one => String(one.id) === id)
        const owner = person ? { id: person.id, name: person.name } : null
        if ((owner?.id ?? null) !== row.assigned_to) void edit(row, { owner, assigned_to: owner?.id ?? null }, { owner: row.owner, assigned_to: row.assigned_to })
      })
    }
    case 'stage': {
      const stages = (pipeline?.stages ?? []).filter(stage => stage.is_active || stage.key === row.status)
      return pick(stages.map(stage => ({ id: stage.key, text: stage.name, chosen: stage.key === row.status })), to => move(row, to))
    }
  }
}

const NAMES = { name: 'lead.name', value: 'lead.worth', priority: 'ticket.priority', owner: 'lead.owner', stage: 'lead.stage' } as const

type LineProps = { label: string; first: string; isWrong?: (text: string) => boolean; keep: (text: string) => void; close: () => void }

function Line({ label, first, isWrong, keep, close }: LineProps) {
  const [text, setText] = useState(first)
  const wrong = isWrong?.(text) ?? false
  const end = (isKept: boolean) => {
    if (isKept && wrong) return
    if (isKept) keep(text)
    close()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') end(true)
    if (event.key === 'Escape') end(false)
  }
  return (
    <Input
      aria-label={label}
      aria-invalid={wrong || undefined}
      autoFocus
      maxLength={200}
      value={text}
      onChange={e => setText(e.target.value)}
      onFocus={e => e.target.select()}
      onKeyDown={onKeyDown}
      onBlur={() => end(!wrong)}
    />
  )
}
