/** One WebSocket per tab: signs in with a short-lived ticket, comes back by itself, asks for what it missed. */
import { webSocketTicket } from '@/lib/api/auth'
import { BASE } from '@/lib/api/session'
import { parseFrame, type ClientFrame, type LiveEvent, type PresenceUser } from '@/lib/live/frames'
import { createStore } from '@/lib/store'

export type Connection = 'connecting' | 'live' | 'lost'
export const connection = createStore<Connection>('connecting')
export const presence = createStore<ReadonlyMap<number, PresenceUser[]>>(new Map())

export type Sink = { event: (event: LiveEvent) => void; removed: (ticketId: number) => void; resync: () => void }

const FIRST_WAIT = 500
const LONGEST_WAIT = 30_000
/** The server pings far more often; silence for this long means a dead line. */
const SILENCE_MS = 90_000
const TYPING_EVERY_MS = 3_000

/** How long to wait before attempt `n`, with jitter so that a restart is not stormed. */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt)
  return Math.round(full / 2 + (full / 2) * random)
}

export class LiveSocket {
  readonly #sink: Sink
  #socket: WebSocket | null = null
  #seq: number | null = null
  #attempt = 0
  #wait: ReturnType<typeof setTimeout> | null = null
  #silence: ReturnType<typeof setTimeout> | null = null
  #viewing: number | null = null
  #typedAt = 0
  #running = false

  constructor(sink: Sink) {
    this.#sink = sink
  }

  start(): void {
    this.#running = true
    addEventListener('online', this.#hurry)
    document.addEventListener('visibilitychange', this.#hurry)
    void this.#connect()
  }

  stop(): void {
    this.#running = false
    removeEventListener('online', this.#hurry)
    document.removeEventListener('visibilitychange', this.#hurry)
    this.#clearTimers()
    this.#socket?.close()
    this.#socket = null
  }

  viewing(ticketId: number | null): void {
    this.#viewing = ticketId
    this.#send({ type: 'viewing', ticket_id: ticketId })
  }

  typing(ticketId: number): void {
    const now = Date.now()
    if (now - this.#typedAt < TYPING_EVERY_MS) return
    this.#typedAt = now
    this.#send({ type: 'typing', ticket_id: ticketId })
  }

  readonly #hurry = () => {
    if (!this.#wait || document.visibilityState === 'hidden') return
    this.#clearTimers()
    void this.#connect()
  }

  async #connect(): Promise<void> {
    if (connection.get() !== 'lost') connection.set('connecting')
    try {
      const { ticket } = await webSocketTicket()
      if (!this.#running) return
      const query = new URLSearchParams({ ticket, ...(this.#seq === null ? {} : { after: String(this.#seq) }) })
      const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
      const socket = new WebSocket(`${scheme}://${location.host}${BASE}/ws?${query}`)
      this.#socket = socket
      socket.onmessage = message => this.#receive(String(message.data))
      socket.onclose = () => {
        if (this.#socket === socket) this.#retry()
      }
    } catch {
      this.#retry()
    }
  }

  #retry(): void {
    this.#clearTimers()
    this.#socket = null
    if (!this.#running) return
    connection.set('lost')
    presence.set(new Map())
    this.#wait = setTimeout(() => {
      this.#wait = null
      void this.#connect()
    }, backoff(this.#attempt, Math.random()))
    this.#attempt += 1
  }

  #receive(text: string): void {
    this.#listenForSilence()
    const frame = parseFrame(text)
    if (!frame) return
    switch (frame.type) {
      case 'hello':
        this.#welcome(frame.seq)
        return
      case 'event':
        this.#seq = Math.max(this.#seq ?? 0, frame.seq)
        this.#sink.event(frame)
        return
      case 'removed':
        this.#seq = Math.max(this.#seq ?? 0, frame.seq)
        if (frame.subject.kind === 'ticket') this.#sink.removed(frame.subject.id)
        return
      case 'resync':
        this.#seq = Math.max(this.#seq ?? 0, frame.seq)
        this.#sink.resync()
        return
      case 'ping':
        // Everything up to here was sent, or is not for this user.
        if (frame.seq !== undefined && this.#seq !== null) this.#seq = Math.max(this.#seq, frame.seq)
        return
      case 'presence':
        presence.set(map => new Map(map).set(frame.ticket_id, frame.users))
        return
      default:
        return
    }
  }

  #welcome(seq: number): void {
    const isFirst = this.#seq === null
    this.#attempt = 0
    connection.set('live')
    if (this.#viewing !== null) this.#send({ type: 'viewing', ticket_id: this.#viewing })
    if (!isFirst) return
    this.#seq = seq
    // What was read before this moment may have changed before anybody told us.
    this.#sink.resync()
  }

  #listenForSilence(): void {
    if (this.#silence) clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#socket?.close(), SILENCE_MS)
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #clearTimers(): void {
    if (this.#wait) clearTimeout(this.#wait)
    if (this.#silence) clearTimeout(this.#silence)
    this.#wait = null
    this.#silence = null
  }
}

let current: LiveSocket | null = null
/** Kept beside the connection: a page says what it shows before the shell around it has connected. */
let shown: number | null = null

export function setLive(socket: LiveSocket | null): void {
  current = socket
  current?.viewing(shown)
}
export const live = {
  viewing: (ticketId: number | null): void => {
    shown = ticketId
    current?.viewing(ticketId)
  },
  typing: (ticketId: number): void => current?.typing(ticketId),
}
