/** What is being written, per ticket. Kept here while the tab lives and on the server beyond it. */
import { dropDraft, saveDraft } from '@/lib/api/tickets'
import type { DraftText, Visibility } from '@/lib/api/types'
import { createStore } from '@/lib/store'

const SAVE_AFTER_MS = 700
export const drafts = createStore<ReadonlyMap<number, DraftText>>(new Map())
export type DraftState = 'idle' | 'saving' | 'saved' | 'failed'
export const draftStates = createStore<ReadonlyMap<number, DraftState>>(new Map())
const timers = new Map<number, ReturnType<typeof setTimeout>>()

const mark = (ticketId: number, state: DraftState) => draftStates.set(map => new Map(map).set(ticketId, state))

export function writeDraft(ticketId: number, draft: DraftText): void {
  drafts.set(map => new Map(map).set(ticketId, draft))
  mark(ticketId, 'idle')
  clearTimeout(timers.get(ticketId))
  timers.set(ticketId, setTimeout(() => flushDraft(ticketId), SAVE_AFTER_MS))
}

/** The server's copy, unless something newer is already being written here. */
export function seedDraft(ticketId: number, draft: DraftText | null): void {
  if (!draft || drafts.get().has(ticketId)) return
  drafts.set(map => new Map(map).set(ticketId, draft))
  mark(ticketId, 'saved')
}

/** Saves at once what still waits: on leaving the ticket, or the page (`leaving`). */
export function flushDraft(ticketId: number, leaving = false): void {
  const timer = timers.get(ticketId)
  if (timer === undefined) return
  clearTimeout(timer)
  timers.delete(ticketId)
  const draft = drafts.get().get(ticketId)
  if (!draft) return
  mark(ticketId, 'saving')
  const work = draft.content.trim() === '' ? dropDraft(ticketId) : saveDraft(ticketId, draft, leaving)
  work.then(
    () => mark(ticketId, 'saved'),
    () => mark(ticketId, 'failed'),
  )
}

export function flushAllDrafts(): void {
  for (const ticketId of [...timers.keys()]) flushDraft(ticketId, true)
}

/** The text was sent: empty here, and gone on the server. */
export function clearDraft(ticketId: number, visibility: Visibility): void {
  clearTimeout(timers.get(ticketId))
  timers.delete(ticketId)
  drafts.set(map => new Map(map).set(ticketId, { content: '', visibility }))
  mark(ticketId, 'idle')
  dropDraft(ticketId).catch(() => {
    // The server clears a draft when its message is sent; this was only tidiness.
  })
}

export function forgetDrafts(): void {
  for (const timer of timers.values()) clearTimeout(timer)
  timers.clear()
  drafts.set(new Map())
  draftStates.set(new Map())
}
