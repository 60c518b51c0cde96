/** Changes to leads: shown at once, put back when refused, each with its undo. */
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { keys } from '@/lib/api/keys'
import { archiveLead, changeLead, restoreLead } from '@/lib/api/leads'
import { messageOf, Problem } from '@/lib/api/problem'
import type { Board, Lead, LeadChange, LeadList, LeadRow, Stage } from '@/lib/api/types'
import { t } from '@/lib/i18n'
import { isLong, refreshLong } from '@/lib/live/leads'
import { toast, toastFailure } from '@/lib/toast'

/** What is changed in the table itself. */
export type RowChange = Partial<Pick<LeadRow, 'name' | 'value' | 'priority' | 'owner' | 'assigned_to'>>

/** What one fact of a lead becomes: what is asked for, and how it shows meanwhile, where that is known. */
export type Fact = { wanted: LeadChange; shown?: Partial<Lead> }
/** Whether a fact was kept; false when that was told already, the problem where it is about what was typed. */
export type Kept = boolean | Problem

type Pages = { pages: LeadList[]; pageParams: unknown[] }

let line: Promise<unknown> = Promise.resolve()

/** One after the other, so that the second change of two that follow each other fast knows the version that the first one made. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = line.then(work)
  line = mine.catch(() => undefined)
  return mine
}

/** Shows fields of a lead wherever it is on screen. */
export function patchLead(client: QueryClient, id: number, change: Partial<Lead>): void {
  client.setQueryData<Lead>(keys.lead(id), old => (old ? { ...old, ...change } : old))
  for (const [key, list] of client.getQueriesData<Pages>({ queryKey: [...keys.leads, 'list'] })) {
    if (!list) continue
    const pages = list.pages.map(page => ({ ...page, leads: page.leads.map(row => (row.id === id ? { ...row, ...change } : row)) }))
    client.setQueryData<Pages>(key, { ...list, pages })
  }
}

/** Puts a card into another column, at its head; the numbers follow. */
export function moveCard(board: Board, id: number, to: string): Board {
  const from = board.columns.find(column => column.leads.some(card => card.id === id))
  const card = from?.leads.find(one => one.id === id)
  if (!from || !card || from.status === to) return board
  const now = new Date().toISOString()
  const moved = { ...card, stage_entered_at: now, last_interaction_at: now, is_overdue: false, is_stale: null }
  const worth = card.value ?? 0
  const late = card.is_overdue ? 1 : 0
  return {
    ...board,
    columns: board.columns.map(column => {
      if (column.status === from.status) {
        return {
          ...column,
          leads: column.leads.filter(one => one.id !== id),
          count: column.count - 1,
          overdue_count: column.overdue_count === null ? null : column.overdue_count - late,
          value: column.value === null ? null : column.value - worth,
        }
      }
      if (column.status !== to) return column
      return { ...column, leads: [moved, ...column.leads], count: column.count + 1, value: column.value === null ? null : column.value + worth }
    }),
  }
}

export function leadActions(client: QueryClient) {
  const refresh = (id: number) => {
    void client.invalidateQueries({ queryKey: keys.leads, predicate: query => !isLong(query) })
    void client.invalidateQueries({ queryKey: keys.lead(id) })
    void client.invalidateQueries({ queryKey: keys.tasks })
    void refreshLong(client, new Set([id]))
  }

  /** Sends a change that is on screen already; `back` takes it off again. True when it holds. */
  const send = async (id: number, change: LeadChange, back: () => void, again: () => void): Promise<boolean> => {
    try {
      const { version } = await changeLead(id, change)
      patchLead(client, id, { version })
      return true
    } catch (error) {
      back()
      toastFailure(t('lead.notChanged', { why: messageOf(error) }), again)
      return false
    } finally {
      refresh(id)
    }
  }

  const change = async (id: number, shown: Partial<Lead>, wanted: LeadChange): Promise<boolean> => {
    const before = client.getQueryData<Lead>(keys.lead(id))
    patchLead(client, id, shown)
    const back = () => before && patchLead(client, id, before)
    return send(id, wanted, back, () => void change(id, shown, wanted))
  }

  /**
   * Changes what a row shows, unless somebody changed the lead since it was read: that is told, and can be done all the same.
   * `before` is where its undo leads.
   */
  const edit = async (row: LeadRow, to: RowChange, before: RowChange, isAllTheSame = false): Promise<void> => {
    patchLead(client, row.id, to)
    try {
      const { owner: _, ...wanted } = to
      const fresh = await changeLead(row.id, wanted, isAllTheSame ? undefined : row.version)
      const { version, score, updated_at } = fresh
      patchLead(client, row.id, { ...to, version, score, updated_at })
      void client.invalidateQueries({ queryKey: keys.boards })
      toast(t('lead.said.changed', { name: fresh.name }), {
        action: { label: 'common.undo', run: () => void edit({ ...row, ...to, version }, before, to) },
      })
    } catch (error) {
      patchLead(client, row.id, before)
      const isStale = error instanceof Problem && error.code === 'stale_version'
      const why = isStale ? t('lead.changedMeanwhile', { name: row.name }) : t('lead.notChanged', { why: messageOf(error) })
      toastFailure(why, () => void edit(row, to, before, isStale))
      if (isStale) refresh(row.id)
    }
  }

  /**
   * Keeps a fact of a lead's page, unless somebody changed the lead since it was read: that is told, and can be done all the same.
   * What is wrong with what was typed is handed back, for its field to say. `before` is where its undo leads.
   */
  const keep = (lead: Pick<Lead, 'id' | 'name' | 'version'>, to: Fact, before: Fact, isAllTheSame = false): Promise<Kept> => {
    if (to.shown) patchLead(client, lead.id, to.shown)
    return inTurn(async () => {
      try {
        const seen = client.getQueryData<Lead>(keys.lead(lead.id))?.version ?? lead.version
        patchLead(client, lead.id, await changeLead(lead.id, to.wanted, isAllTheSame ? undefined : seen))
        toast(t('lead.said.changed', { name: lead.name }), { action: { label: 'common.undo', run: () => void keep(lead, before, to) } })
        refresh(lead.id)
        return true
      } catch (error) {
        if (before.shown) patchLead(client, lead.id, before.shown)
        if (error instanceof Problem && error.fields.length > 0) return error
        const isStale = error instanceof Problem && error.code === 'stale_version'
        const why = isStale ? t('lead.changedMeanwhile', { name: lead.name }) : t('lead.notChanged', { why: messageOf(error) })
        toastFailure(why, () => void keep(lead, to, before, isStale))
        refresh(lead.id)
        return false
      }
    })
  }

  /** Moves a lead; `from` is where its undo leads. */
  const move = async (id: number, to: Stage, from: Stage | undefined, reason?: string): Promise<boolean> => {
    const boards = client.getQueriesData<Board>({ queryKey: [...keys.leads, 'board'] })
    const lead = client.getQueryData<Lead>(keys.lead(id))
    for (const [key, board] of boards) if (board) client.setQueryData(key, moveCard(board, id, to.key))
    const stage = { id: to.id, key: to.key, name: to.name, kind: to.kind }
    patchLead(client, id, { status: to.key, stage })
    const back = () => {
      for (const [key, board] of boards) client.setQueryData(key, board)
      if (lead) patchLead(client, id, lead)
    }
    const held = await send(id, reason === undefined ? { status: to.key } : { status: to.key, reason }, back, () => void move(id, to, from, reason))
    // A lead that was lost goes back only with a reason of its own; there is nothing to undo without one.
    if (held && from && from.kind !== 'lost') {
      toast(t('lead.said.moved', { stage: to.name }), { action: { label: 'common.undo', run: () => void move(id, from, undefined) } })
    } else if (held) toast(t('lead.said.moved', { stage: to.name }))
    return held
  }

  const archive = async (id: number): Promise<boolean> => {
    try {
      await archiveLead(id)
      toast(t('lead.said.archived'), { action: { label: 'common.undo', run: () => void restore(id) } })
      return true
    } catch (error) {
      toastFailure(t('lead.notChanged', { why: messageOf(error) }), () => void archive(id))
      return false
    } finally {
      refresh(id)
    }
  }
  const restore = async (id: number): Promise<void> => {
    try {
      await restoreLead(id)
      toast(t('lead.said.restored'))
    } catch (error) {
      toastFailure(t('lead.notChanged', { why: messageOf(error) }), () => void restore(id))
    } finally {
      refresh(id)
    }
  }
  return { change, edit, keep, move, archive, restore, refresh }
}

export function useLeadActions() {
  const client = useQueryClient()
  return useMemo(() => leadActions(client), [client])
}
