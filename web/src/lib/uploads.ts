/**
 * Files on their way to the server. One begins to travel as soon as it is chosen, a few at a time, and waits beside
 * the composer of its ticket until its message is sent. They live beside the query cache, like the outbox: whoever goes
 * to another page finds them again. A reload keeps what has arrived; the rest has to be chosen again.
 */
import type { PutFile } from '@/lib/api/upload'
import { messageOf, Problem } from '@/lib/api/problem'
import { t } from '@/lib/i18n'
import { createStore } from '@/lib/store'
import { recall, remember } from '@/lib/storage'
import { uuid } from '@/lib/uuid'

export type FileFacts = { name: string; mime: string; size: number }
export type Upload = FileFacts & {
  id: string
  /** Missing after a reload. */
  file: File | null
  state: 'waiting' | 'uploading' | 'ready' | 'failed'
  /** From 0 to 1. */
  progress: number
  /** The server's name of it, once it is there. */
  attachment: number | null
  error: string | null
}
/** What a message says of its files while it is on its way. */
export type UploadRef = FileFacts & { upload: string }

/** What one message takes. */
export const MOST_FILES = 10
const AT_ONCE = 3
/** Sent files that are still at hand, so that the thread need not fetch what it just sent. */
const KEPT = 20
const KEY = 'frontdesk.uploads'

type Turn = { upload: Upload; file: File; done: (attachment: number) => void; failed: (error: unknown) => void }
type Stored = { uploads: Upload[]; staged: [number, string[]][] }

/** Why a file was not taken, in words for whoever chose it. */
function why(error: unknown): string {
  if (!(error instanceof Problem)) return messageOf(error)
  if (error.code === 'too_large') return t('upload.tooLarge')
  return error.fields.some(fault => fault.field === 'body' && fault.code === 'too_short') ? t('upload.empty') : error.message
}

export class Uploads {
  readonly all = createStore<ReadonlyMap<string, Upload>>(new Map())
  /** Per ticket: what lies beside its composer. */
  readonly staged = createStore<ReadonlyMap<number, readonly string[]>>(new Map())
  readonly #put: PutFile
  readonly #work = new Map<string, Promise<number>>()
  readonly #stops = new Map<string, AbortController>()
  readonly #queue: Turn[] = []
  #running = 0
  #sent: string[] = []

  constructor(put: PutFile) {
    this.#put = put
  }

  /** Takes files for the next message of a ticket; returns how many were too many. */
  stage(ticketId: number, files: readonly File[]): number {
    const known = this.staged.get().get(ticketId) ?? []
    const taken = files.slice(0, MOST_FILES - known.length)
    const ids = taken.map(file => this.#begin(file))
    this.staged.set(map => new Map(map).set(ticketId, [...known, ...ids]))
    this.#keep()
    return files.length - taken.length
  }

  /** What goes with the message that is being sent: the composer is empty afterwards. */
  take(ticketId: number): UploadRef[] {
    const ids = this.staged.get().get(ticketId) ?? []
    this.#unstage(ticketId, ids)
    return ids.flatMap(id => {
      const upload = this.all.get().get(id)
      return upload ? [{ upload: id, name: upload.name, mime: upload.mime, size: upload.size }] : []
    })
  }

  /** A message was called back: its files lie beside the composer again. */
  stageAgain(ticketId: number, refs: readonly UploadRef[]): void {
    const files = refs.flatMap(ref => this.all.get().get(ref.upload)?.file ?? [])
    this.stage(ticketId, files)
  }

  remove(ticketId: number, id: string): void {
    this.#unstage(ticketId, [id])
    this.drop([id])
  }

  retry(id: string): void {
    // Its state tells what came of it.
    this.settle(id).catch(() => {})
  }

  /** The server's name of a file, as soon as it is there; what failed is tried again. */
  settle(id: string): Promise<number> {
    const upload = this.all.get().get(id)
    const working = this.#work.get(id)
    if (working) return working
    if (upload?.attachment != null) return Promise.resolve(upload.attachment)
    if (!upload?.file) return Promise.reject(new Error(t('upload.lost', { name: upload?.name ?? '' })))
    return this.#start(upload, upload.file)
  }

  /** The files of a message are with it now. */
  sent(ids: readonly string[]): void {
    this.#sent.push(...ids)
    this.drop(this.#sent.splice(0, Math.max(0, this.#sent.length - KEPT)))
  }

  drop(ids: readonly string[]): void {
    for (const id of ids) this.#stops.get(id)?.abort(new Error(t('upload.offline')))
    this.all.set(map => new Map([...map].filter(([id]) => !ids.includes(id))))
    this.#keep()
  }

  /** The file behind an attachment, if it left from here a moment ago. */
  fileOf(attachment: number): File | null {
    for (const upload of this.all.get().values()) if (upload.attachment === attachment) return upload.file
    return null
  }

  clear(): void {
    this.drop([...this.all.get().keys()])
    this.staged.set(new Map())
    this.#sent = []
    remember('session', KEY, null)
  }

  restore(): void {
    const stored = recall('session', KEY)
    if (!stored) return
    try {
      const { uploads, staged } = JSON.parse(stored) as Stored
      const lost = (upload: Upload): Upload => ({ ...upload, file: null, state: 'failed', error: t('upload.lost', { name: upload.name }) })
      this.all.set(new Map(uploads.map(upload => [upload.id, upload.state === 'ready' ? { ...upload, file: null } : lost(upload)])))
      this.staged.set(new Map(staged))
    } catch {
      remember('session', KEY, null)
    }
  }

  #begin(file: File): string {
    const upload: Upload = { id: uuid(), name: file.name, mime: file.type, size: file.size, file, state: 'waiting', progress: 0, attachment: null, error: null }
    this.all.set(map => new Map(map).set(upload.id, upload))
    this.#start(upload, file).catch(() => {})
    return upload.id
  }

  #start(upload: Upload, file: File): Promise<number> {
    this.#change(upload.id, { state: 'waiting', progress: 0, error: null })
    const work = new Promise<number>((done, failed) => this.#queue.push({ upload, file, done, failed }))
    this.#work.set(upload.id, work)
    this.#next()
    return work
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const turn = this.#queue.shift()
      if (!turn) return
      this.#running += 1
      void this.#run(turn).finally(() => {
        this.#running -= 1
        this.#next()
      })
    }
  }

  async #run({ upload: { id }, file, done, failed }: Turn): Promise<void> {
    const stop = new AbortController()
    this.#stops.set(id, stop)
    try {
      if (!this.all.get().has(id)) throw new Error(t('upload.offline'))
      this.#change(id, { state: 'uploading' })
      const stored = await this.#put(file, progress => this.#change(id, { progress }), stop.signal)
      this.#change(id, { state: 'ready', progress: 1, attachment: stored.id })
      done(stored.id)
    } catch (error) {
      this.#change(id, { state: 'failed', error: why(error) })
      failed(error)
    } finally {
      this.#work.delete(id)
      this.#stops.delete(id)
      this.#keep()
    }
  }

  #unstage(ticketId: number, ids: readonly string[]): void {
    this.staged.set(map => new Map(map).set(ticketId, (map.get(ticketId) ?? []).filter(id => !ids.includes(id))))
    this.#keep()
  }

  #change(id: string, change: Partial<Upload>): void {
    const upload = this.all.get().get(id)
    if (upload) this.all.set(map => new Map(map).set(id, { ...upload, ...change }))
  }

  #keep(): void {
    const uploads = [...this.all.get().values()].filter(upload => !this.#sent.includes(upload.id)).map(upload => ({ ...upload, file: null }))
    const staged = [...this.staged.get()].map(([ticket, ids]) => [ticket, [...ids]] as [number, string[]]).filter(([, ids]) => ids.length > 0)
    remember('session', KEY, JSON.stringify({ uploads, staged } satisfies Stored))
  }
}
