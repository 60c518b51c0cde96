/**
 * What is being written about leads and to people, and the server does not have yet: by who writes, whom it is about and what kind it is.
 * It outlives the page, and by the tab's storage a reload. Whoever logs out leaves nothing of it.
 */
import type { InteractionOutcome } from '@/lib/api/types'
import { createStore } from '@/lib/store'
import { recall, remember } from '@/lib/storage'
import { uuid } from '@/lib/uuid'

export type LogDraft = {
  text: string
  outcome?: InteractionOutcome | undefined
  due?: string | undefined
  /** For which of several leads. */
  lead?: number | undefined
  /** What was sent last and not stored as far as anybody knows: the same once more goes by the same name. */
  attempt?: { of: string; id: string } | undefined
}
type Drafts = ReadonlyMap<string, LogDraft>

const KEY = 'frontdesk.log-drafts'
/** The oldest are forgotten: storage is small. */
const MOST = 100
const EMPTY: LogDraft = { text: '' }

export const logDrafts = createStore<Drafts>(restored())

function restored(): Drafts {
  try {
    return new Map(JSON.parse(recall('session', KEY) ?? '[]') as [string, LogDraft][])
  } catch {
    return new Map()
  }
}

export const logDraft = (drafts: Drafts, key: string): LogDraft => drafts.get(key) ?? EMPTY

export function writeLogDraft(key: string, change: (old: LogDraft) => LogDraft): void {
  logDrafts.set(old => {
    const draft = change(logDraft(old, key))
    const rest = [...old].filter(([one]) => one !== key)
    const isEmpty = draft.text === '' && !draft.outcome && !draft.due && !draft.attempt
    return new Map(isEmpty ? rest : [...rest.slice(1 - MOST), [key, draft]])
  })
  remember('session', KEY, JSON.stringify([...logDrafts.get()]))
}

/** What an attempt goes by, so that the server stores it once however often it is tried. */
export function nameAttempt(key: string, of: string): string {
  const { attempt } = logDraft(logDrafts.get(), key)
  if (attempt?.of === of) return attempt.id
  const id = uuid()
  writeLogDraft(key, old => ({ ...old, attempt: { of, id } }))
  return id
}

/** The server has `sent`; what was written since stays. */
export const clearLogDraft = (key: string, sent: string): void => writeLogDraft(key, old => (old.text.trim() === sent ? EMPTY : { ...old, attempt: undefined }))

/** Text that was begun as one kind and turns out to be another goes along, unless there is some of that kind. */
export function carryLogDraft(from: string, to: string, most: number): void {
  const { text } = logDraft(logDrafts.get(), from)
  if (text.trim() === '' || text.length > most || logDraft(logDrafts.get(), to).text.trim() !== '') return
  writeLogDraft(to, old => ({ ...old, text }))
  writeLogDraft(from, old => ({ ...old, text: '' }))
}

export function forgetLogDrafts(): void {
  logDrafts.set(new Map())
  remember('session', KEY, null)
}
