/**
 * Messages on their way. They live beside the query cache, so no fetch can swallow one, and in the tab's
 * storage, so a reload keeps them. The server knows a message by its client id: sending again is safe.
 */
import { messageOf } from '@/lib/api/problem'
import type { Message, NewMessage } from '@/lib/api/types'
import { createStore } from '@/lib/store'
import { recall, remember } from '@/lib/storage'
import type { UploadRef } from '@/lib/uploads'

export type OutboxEntry = NewMessage & {
  ticket_id: number
  files: UploadRef[]
  at: string
  state: 'sending' | 'failed'
  error: string | null
}
export type Deliver = (ticketId: number, message: NewMessage) => Promise<Message>
/** Waits for files and gives back what the server calls them. */
export type Attach = (files: UploadRef[]) => Promise<NonNullable<NewMessage['attachments']>>
export type Sent = (entry: OutboxEntry, message: Message) => void

const KEY = 'frontdesk.outbox'

export class Outbox {
  readonly entries = createStore<OutboxEntry[]>([])
  readonly #deliver: Deliver
  readonly #attach: Attach
  readonly #lanes = new Map<number, Promise<void>>()
  #sent: Sent = () => {}
  #failed: (entry: OutboxEntry) => void = () => {}

  constructor(deliver: Deliver, attach: Attach) {
    this.#deliver = deliver
    this.#attach = attach
    this.entries.subscribe(() => remember('session', KEY, JSON.stringify(this.entries.get())))
  }

  onSent(sent: Sent): void {
    this.#sent = sent
  }

  onFailed(failed: (entry: OutboxEntry) => void): void {
    this.#failed = failed
  }

  /** After a reload: what was in flight counts as failed until somebody retries it. */
  restore(): void {
    const stored = recall('session', KEY)
    if (!stored) return
    try {
      const entries = JSON.parse(stored) as OutboxEntry[]
      this.entries.set(entries.map(entry => ({ ...entry, files: entry.files ?? [], state: 'failed' })))
    } catch {
      remember('session', KEY, null)
    }
  }

  send(ticketId: number, message: NewMessage, files: UploadRef[], at: string): void {
    this.entries.set(list => [...list, { ...message, ticket_id: ticketId, files, at, state: 'sending', error: null }])
    this.#enqueue(ticketId, message.client_id)
  }

  retry(clientId: string): void {
    const entry = this.entries.get().find(e => e.client_id === clientId)
    if (!entry || entry.state === 'sending') return
    this.#change(clientId, { state: 'sending', error: null })
    this.#enqueue(entry.ticket_id, clientId)
  }

  discard(clientId: string): void {
    this.entries.set(list => list.filter(entry => entry.client_id !== clientId))
  }

  clear(): void {
    this.entries.set([])
    remember('session', KEY, null)
  }

  /** One at a time per ticket, so that messages arrive in the order they were written. */
  #enqueue(ticketId: number, clientId: string): void {
    const lane = (this.#lanes.get(ticketId) ?? Promise.resolve()).then(() => this.#attempt(clientId))
    this.#lanes.set(ticketId, lane)
  }

  async #attempt(clientId: string): Promise<void> {
    const entry = this.entries.get().find(e => e.client_id === clientId)
    if (!entry || entry.state !== 'sending') return
    const { ticket_id, files, at: _at, state: _state, error: _error, ...message } = entry
    try {
      const attachments = files.length > 0 ? { attachments: await this.#attach(files) } : {}
      const saved = await this.#deliver(ticket_id, { ...message, ...attachments })
      this.#sent(entry, saved)
      this.discard(clientId)
    } catch (error) {
      this.#change(clientId, { state: 'failed', error: messageOf(error) })
      this.#failed(entry)
    }
  }

  #change(clientId: string, change: Partial<OutboxEntry>): void {
    this.entries.set(list => list.map(entry => (entry.client_id === clientId ? { ...entry, ...change } : entry)))
  }
}

/** What of the outbox the thread still has to show: not what the server already gave back. */
export function pendingFor(entries: OutboxEntry[], ticketId: number, timeline: Message[]): OutboxEntry[] {
  const arrived = new Set(timeline.map(message => message.client_id).filter(id => id !== null))
  return entries.filter(entry => entry.ticket_id === ticketId && !arrived.has(entry.client_id))
}
