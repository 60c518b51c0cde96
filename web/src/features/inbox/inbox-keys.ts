import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { findRow, useTicketActions } from '@/features/inbox/actions'
import { PRIORITIES, STATUSES } from '@/features/inbox/filter'
import { ticketQuery } from '@/features/inbox/queries'
import { callComposer, callReplies, composerCall, marked, openMenu, picker, toggleTicked } from '@/features/inbox/state'
import type { TicketRow } from '@/lib/api/types'
import { peopleQuery } from '@/lib/api/staff'
import { useCommands, type Command } from '@/lib/commands'
import { useT } from '@/lib/i18n'
import { useShortcuts } from '@/lib/keys/shortcuts'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'

/** `open`: the ticket whose thread is on screen; keys act on the marked one, which may be a moment ahead of it. */
type Keys = { rows: TicketRow[]; open: number | undefined; select: (id: number) => void; scrollTo: (index: number) => void }

/** The single-letter keys of the inbox. */
export function useInboxKeys({ rows, open, select, scrollTo }: Keys): void {
  const client = useQueryClient()
  const me = useMe()
  const actions = useTicketActions()
  const place = (id: number | undefined) => rows.findIndex(row => row.id === id)

  const go = (index: number) => {
    const to = Math.min(rows.length - 1, Math.max(0, index))
    const row = rows[to]
    if (!row) return
    scrollTo(to)
    select(row.id)
  }
  const whenOpen = (allowed: boolean, act: (id: number) => void) => () => {
    const id = marked.get()
    if (allowed && id !== undefined) act(id)
  }
  const writes = can(me, 'tickets.write')
  const sends = can(me, 'messages.send')
  useShortcuts({
    j: () => go(place(marked.get()) + 1),
    k: () => go(place(marked.get()) - 1),
    Enter: () => (marked.get() === undefined ? go(0) : whenOpen(sends, id => callComposer(id, 'public'))()),
    x: whenOpen(true, toggleTicked),
    r: whenOpen(sends, id => callComposer(id, 'public')),
    n: whenOpen(sends, id => callComposer(id, 'internal')),
    a: whenOpen(can(me, 'tickets.assign'), id => openMenu(id, 'assign')),
    s: whenOpen(writes, id => openMenu(id, 'status')),
    p: whenOpen(writes, id => openMenu(id, 'priority')),
    t: whenOpen(writes, id => openMenu(id, 'tags')),
    e: whenOpen(writes, id => actions.setStatus(id, 'resolved')),
    'Shift+E': whenOpen(writes, id => {
      const at = place(id)
      const next = rows[at + 1] ?? rows[at - 1]
      actions.setStatus(id, 'resolved')
      if (next) select(next.id)
    }),
  })

  const at = useMemo(() => (open === undefined ? -1 : rows.findIndex(row => row.id === open)), [rows, open])
  const [before, after] = [at < 0 ? undefined : rows[at - 1]?.id, at < 0 ? undefined : rows[at + 1]?.id]
  useEffect(() => {
    for (const id of [after, before]) if (id !== undefined) void client.prefetchQuery(ticketQuery(id))
  }, [client, before, after])
  // A menu, or a call that no composer answered, ends with its ticket.
  useEffect(
    () => () => {
      picker.set(menu => (menu?.ticket === open ? null : menu))
      composerCall.set(call => (call?.ticket === open ? null : call))
    },
    [open],
  )
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
      commands.push(make('reply', t('palette.reply'), () => callComposer(id, 'public'), 'R'))
      commands.push(make('note', t('palette.note'), () => callComposer(id, 'internal'), 'N'))
      commands.push(make('replies', t('replies.insert'), () => callReplies(id)))
    }
    if (can(me, 'tickets.assign')) {
      if (row?.assigned_agent?.id !== me.id) commands.push(make('take', t('thread.take'), () => actions.assign(id, me)))
      else commands.push(make('release', t('thread.release'), () => actions.assign(id, null)))
    }
    if (can(me, 'tickets.assign', 'team')) {
      commands.push(make('assign', t('palette.assign'), () => openMenu(id, 'assign'), 'A'))
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
      commands.push(make('tags', t('palette.tags'), () => openMenu(id, 'tags'), 'T'))
    }
    return commands
  }
}
