/**
 * Changes to tickets: shown at once, sent in order per ticket, taken back visibly when refused. Every
 * success offers its undo.
 */
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { assignTicket, changeTicket, fetchTicket } from '@/lib/api/tickets'
import type { Named, Priority, Ticket, TicketChange, TicketRow, TicketStatus } from '@/lib/api/types'
import { t } from '@/lib/i18n'
import { mergeTicket, patchRow, placeRow, rowOf, type TicketPages } from '@/lib/live/lists'
import { patchTicket, placeTicket } from '@/lib/live/applier'
import { toast, toastFailure } from '@/lib/toast'

type Change = {
  /** What changes on screen. */
  shown: Partial<TicketRow>
  send: (version: number) => Promise<Ticket>
  said: string
}

const lanes = new Map<number, Promise<unknown>>()

export function findRow(client: QueryClient, id: number): TicketRow | undefined {
  const open = client.getQueryData<Ticket>(keys.ticket(id))
  if (open) return rowOf(open)
  const lists = client.getQueriesData<TicketPages>({ queryKey: keys.lists })
  for (const [, pages] of lists) {
    const row = pages?.pages.flatMap(page => page.tickets).find(other => other.id === id)
    if (row) return row
  }
  return undefined
}

const pick = (row: TicketRow, like: Partial<TicketRow>): Partial<TicketRow> =>
  Object.fromEntries(Object.keys(like).map(key => [key, row[key as keyof TicketRow]])) as Partial<TicketRow>

const same = (a: Partial<TicketRow>, b: Partial<TicketRow>) => JSON.stringify(a) === JSON.stringify(b)

function show(client: QueryClient, id: number, shown: Partial<TicketRow>): void {
  patchTicket(client, id, shown)
  const row = findRow(client, id)
  if (row) placeTicket(client, row)
}

function accept(client: QueryClient, fresh: Ticket): void {
  client.setQueryData<Ticket>(keys.ticket(fresh.id), old => (old ? mergeTicket(old, fresh) : old))
  placeTicket(client, rowOf(fresh))
  void client.invalidateQueries({ queryKey: keys.counts })
}

/** Sends the change; somebody else's harmless change in between (another version) is stepped over once. */
async function deliver(client: QueryClient, id: number, before: Partial<TicketRow>, change: Change): Promise<Ticket> {
  const version = findRow(client, id)?.version ?? 0
  try {
    return await change.send(version)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'stale_version') throw error
    const now = await fetchTicket(id)
    if (same(pick(rowOf(now), before), before)) return change.send(now.version)
    accept(client, now)
    throw error
  }
}

export function perform(client: QueryClient, id: number, change: Change, quiet = false): Promise<boolean> {
  const row = findRow(client, id)
  if (!row) return Promise.resolve(false)
  const before = pick(row, change.shown)
  show(client, id, change.shown)
  const work = (lanes.get(id) ?? Promise.resolve()).then(async () => {
    try {
      accept(client, await deliver(client, id, before, change))
      return true
    } catch (error) {
      show(client, id, before)
      if (!quiet) {
        const why = error instanceof Problem && error.code === 'stale_version' ? t('ticket.stale') : error instanceof Error ? error.message : ''
        toastFailure(t('ticket.notChanged', { number: String(row.number), why }), () => void perform(client, id, change))
      }
      return false
    }
  })
  lanes.set(id, work)
  return work
}

export type TicketActions = ReturnType<typeof ticketActions>

export function ticketActions(client: QueryClient) {
  const withUndo = async (id: number, change: Change, undo: () => void) => {
    if (await perform(client, id, change)) toast(change.said, { action: { label: 'common.undo', run: undo } })
  }
  const fields = (id: number, shown: Partial<TicketRow>, change: TicketChange, said: string): Change => ({
    shown,
    said,
    send: version => changeTicket(id, change, version),
  })
  const setStatus = (id: number, status: TicketStatus) => {
    const row = findRow(client, id)
    if (!row || row.status === status) return
    const said = t('ticket.said.status', { number: String(row.number), status: t(`status.${status}`) })
    void withUndo(id, fields(id, { status }, { status }, said), () => setStatus(id, row.status === 'new' ? 'open' : row.status))
  }
  const setPriority = (id: number, priority: Priority) => {
    const row = findRow(client, id)
    if (!row || row.priority === priority) return
    const said = t('ticket.said.priority', { number: String(row.number), priority: t(`priority.${priority}`) })
    void withUndo(id, fields(id, { priority }, { priority }, said), () => setPriority(id, row.priority))
  }
  const setTags = (id: number, tags: string[]) => {
    void perform(client, id, fields(id, { tags }, { tags }, ''))
  }
  const setDepartment = (id: number, department: Named | null) => {
    const row = findRow(client, id)
    if (!row || row.department?.id === department?.id) return
    const said = t('ticket.said.department', { number: String(row.number), name: department?.name ?? t('common.none') })
    const change = fields(id, { department }, { department_id: department?.id ?? null }, said)
    void withUndo(id, change, () => setDepartment(id, row.department))
  }
  const assign = (id: number, agent: Named | null) => {
    const row = findRow(client, id)
    if (!row || row.assigned_agent?.id === agent?.id) return
    const number = String(row.number)
    const said = agent ? t('ticket.said.assigned', { number, name: agent.name }) : t('ticket.said.released', { number })
    const change: Change = { shown: { assigned_agent: agent }, send: () => assignTicket(id, agent?.id ?? null), said }
    void withUndo(id, change, () => assign(id, row.assigned_agent))
  }
  return { setStatus, setPriority, setTags, setDepartment, assign }
}

export function useTicketActions(): TicketActions {
  const client = useQueryClient()
  return useMemo(() => ticketActions(client), [client])
}

/** Removes a ticket from every list at once, as when it is marked as spam. */
export function takeFromLists(client: QueryClient, row: TicketRow): void {
  for (const [key, pages] of client.getQueriesData<TicketPages>({ queryKey: keys.lists })) {
    if (pages) client.setQueryData(key, placeRow(patchRow(pages, row.id, row), row, false))
  }
}
