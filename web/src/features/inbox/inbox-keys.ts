import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { findRow, useTicketActions } from '@/features/inbox/actions'
import { PRIORITIES, STATUSES } from '@/features/inbox/filter'
import { ticketQuery } from '@/features/inbox/queries'
import { callComposer, picker, toggleTicked } from '@/features/inbox/state'
import type { TicketRow } from '@/lib/api/types'
import { peopleQuery } from '@/lib/api/staff'
import { useCommands, type Command } from '@/lib/commands'
import { useT } from '@/lib/i18n'
import { useShortcuts } from '@/lib/keys/shortcuts'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'

type Keys = { rows: TicketRow[]; open: number | undefined; select: (id: number) => void; scrollTo: (index: number) => void }

/** The single-letter keys of the inbox. */
export function useInboxKeys({ rows, open, select, scrollTo }: Keys): void {
  const client = useQueryClient()
  const me = useMe()
  const actions = useTicketActions()
  const at = rows.findIndex(row => row.id === open)

  const go = (index: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))]
    if (!row) return
    select(row.id)
    scrollTo(rows.indexOf(row))
  }
  const resolve = () => {
    if (open !== undefined) actions.setStatus(open, 'resolved')
  }
  const whenOpen = (allowed: boolean, act: () => void) => () => {
    if (allowed && open !== undefined) act()
  }
  const writes = can(me, 'tickets.write')
  const sends = can(me, 'messages.send')
  useShortcuts({
    j: () => go(at + 1),
    k: () => go(at < 0 ? 0 : at - 1),
    Enter: () => (open === undefined ? go(0) : callComposer('public')),
    x: () => open !== undefined && toggleTicked(open),
    r: whenOpen(sends, () => callComposer('public')),
    n: whenOpen(sends, () => callComposer('internal')),
    a: whenOpen(can(me, 'tickets.assign'), () => picker.set('assign')),
    s: whenOpen(writes, () => picker.set('status')),
    p: whenOpen(writes, () => picker.set('priority')),
    t: whenOpen(writes, () => picker.set('tags')),
    e: whenOpen(writes, resolve),
    'Shift+E': whenOpen(writes, () => {
      const next = rows[at + 1] ?? rows[at - 1]
      resolve()
      if (next) select(next.id)
    }),
  })

  const next = rows[at + 1]?.id
  useEffect(() => {
    if (at >= 0 && next !== undefined) void client.prefetchQuery(ticketQuery(next))
  }, [client, at, next])
  useEffect(() => () => picker.set(null), [open])
}

/** The open ticket's actions, for the palette. */
export function useTicketCommands(open: number | undefined): void {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const actions = useTicketActions()
  const people = useQuery({ ...peopleQuery, enabled: open !== undefined && can(me, 'users.read') })
  useCommands('ticket', open === undefined ? [] : list(open))

  function list(id: number): Command[] {
    const row = findRow(client, id)
    const make = (name: string, label: string, run: () => void, key?: string): Command => ({ id: name, group: 'ticket', label, run, ...(key ? { keys: key } : {}) })
    const commands: Command[] = []
    if (can(me, 'messages.send')) {
      commands.push(make('reply', t('palette.reply'), () => callComposer('public'), 'R'))
      commands.push(make('note', t('palette.note'), () => callComposer('internal'), 'N'))
    }
    if (can(me, 'tickets.assign')) {
      if (row?.assigned_agent?.id !== me.id) commands.push(make('take', t('thread.take'), () => actions.assign(id, me)))
      else commands.push(make('release', t('thread.release'), () => actions.assign(id, null)))
    }
    if (can(me, 'tickets.assign', 'team')) {
      commands.push(make('assign', t('palette.assign'), () => picker.set('assign'), 'A'))
      for (const user of people.data ?? []) {
        if (user.id !== me.id) commands.push(make(`assign-${user.id}`, t('palette.assignTo', { name: user.name }), () => actions.assign(id, user)))
      }
    }
    if (can(me, 'tickets.write')) {
      for (const status of STATUSES) {
        commands.push(make(`status-${status}`, t('palette.status', { status: t(`status.${status}`) }), () => actions.setStatus(id, status)))
      }
      for (const priority of PRIORITIES) {
        commands.push(make(`priority-${priority}`, t('palette.priority', { priority: t(`priority.${priority}`) }), () => actions.setPriority(id, priority)))
      }
      commands.push(make('tags', t('palette.tags'), () => picker.set('tags'), 'T'))
    }
    return commands
  }
}
