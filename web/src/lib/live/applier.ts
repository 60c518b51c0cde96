/**
 * Applies events to the query cache. Events are gathered for a moment, so that a burst costs a few
 * requests and not one each: known fields are patched at once, rows on screen are fetched singly, and
 * a large burst refreshes the head of the list instead.
 */
import type { QueryClient } from '@tanstack/react-query'
import { fetchMe } from '@/lib/api/auth'
import { keys, type TicketFilter } from '@/lib/api/keys'
import { fetchTicket, fetchTickets } from '@/lib/api/tickets'
import type { Me, Ticket, TicketRow } from '@/lib/api/types'
import type { LiveEvent } from '@/lib/live/frames'
import { isLong, refreshLong } from '@/lib/live/leads'
import { belongs, mergeTicket, patchRow, placeRow, rowOf, type TicketPages } from '@/lib/live/lists'
import { noEffects, reduce } from '@/lib/live/reducer'

const GATHER_MS = 30
const REST_MS = 300
const SINGLES = 5
const KEPT_PAGES = 2

export class LiveApplier {
  readonly #client: QueryClient
  #effects = noEffects()
  #timer: ReturnType<typeof setTimeout> | null = null
  #lastFlush = 0

  constructor(client: QueryClient) {
    this.#client = client
  }

  event(event: LiveEvent): void {
    reduce(this.#effects, event, this.#me()?.id ?? 0)
    this.#schedule()
  }

  /** The ticket left what this user may see. */
  removed(ticketId: number): void {
    this.#effects.removed.add(ticketId)
    this.#effects.counts = true
    this.#schedule()
  }

  /** Too much was missed to replay. Long lists begin again at their head, so that no page is fetched in vain. */
  resync(): void {
    for (const [key, pages] of this.#client.getQueriesData<TicketPages>({ queryKey: keys.lists })) {
      if (!pages || pages.pages.length <= KEPT_PAGES) continue
      this.#client.setQueryData(key, { pages: pages.pages.slice(0, KEPT_PAGES), pageParams: pages.pageParams.slice(0, KEPT_PAGES) })
    }
    void this.#client.invalidateQueries()
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #me(): Me | undefined {
    return this.#client.getQueryData<Me>(keys.me)
  }

  #schedule(): void {
    if (this.#timer) return
    const wait = Math.max(GATHER_MS, this.#lastFlush + REST_MS - Date.now())
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#lastFlush = Date.now()
      void this.#flush()
    }, wait)
  }

  async #flush(): Promise<void> {
    const effects = this.#effects
    this.#effects = noEffects()
    for (const [id, patch] of effects.patches) patchTicket(this.#client, id, patch)
    for (const [id, { ticket, change }] of effects.messages) patchMessage(this.#client, ticket, id, change)
    for (const id of effects.removed) forgetTicket(this.#client, id)
    for (const key of effects.invalidate.values()) void this.#client.invalidateQueries({ queryKey: key, predicate: query => !isLong(query) })
    if (effects.leads.size > 0) void refreshLong(this.#client, effects.leads)
    if (effects.counts) void this.#client.invalidateQueries({ queryKey: keys.counts })
    if (effects.me) void fetchMe().then(me => this.#client.setQueryData(keys.me, me)).catch(ignored)
    this.#markIdleLists()

    const open = new Set([...effects.rows, ...effects.details].filter(id => this.#isOpen(id)))
    const closed = [...effects.rows].filter(id => !open.has(id) && !effects.removed.has(id))
    const singles = closed.length <= SINGLES ? closed : []
    await Promise.all([
      ...[...open, ...singles].map(id => this.#refetchTicket(id)),
      ...(closed.length > SINGLES ? [this.#refreshHeads()] : []),
    ])
  }

  #isOpen(id: number): boolean {
    return (this.#client.getQueryCache().find({ queryKey: keys.ticket(id) })?.getObserversCount() ?? 0) > 0
  }

  async #refetchTicket(id: number): Promise<void> {
    try {
      const fresh = await fetchTicket(id)
      this.#client.setQueryData<Ticket>(keys.ticket(id), old => mergeTicket(old, fresh))
      placeTicket(this.#client, rowOf(fresh))
    } catch {
      // Gone from view between the event and the look: the `removed` frame settles it.
    }
  }

  /** One page per list on screen, however many rows changed. */
  async #refreshHeads(): Promise<void> {
    const active = this.#client.getQueryCache().findAll({ queryKey: keys.lists, type: 'active' })
    await Promise.all(
      active.map(async query => {
        const page = await fetchTickets(query.queryKey[1] as TicketFilter).catch(() => null)
        for (const row of page?.tickets ?? []) placeTicket(this.#client, row)
      }),
    )
  }

  /** Lists nobody looks at are fetched when somebody does. */
  #markIdleLists(): void {
    void this.#client.invalidateQueries({ queryKey: keys.lists, type: 'inactive', refetchType: 'none' })
  }
}

function ignored(): void {}

export function placeTicket(client: QueryClient, row: TicketRow): void {
  const me = client.getQueryData<Me>(keys.me)
  if (!me) return
  for (const [key, pages] of client.getQueriesData<TicketPages>({ queryKey: keys.lists })) {
    if (pages) client.setQueryData(key, placeRow(pages, row, belongs(row, key[1] as TicketFilter, me)))
  }
}

export function patchTicket(client: QueryClient, id: number, change: Partial<TicketRow>): void {
  client.setQueryData<Ticket>(keys.ticket(id), old => (old ? { ...old, ...change } : old))
  for (const [key, pages] of client.getQueriesData<TicketPages>({ queryKey: keys.lists })) {
    if (pages) client.setQueryData(key, patchRow(pages, id, change))
  }
}

function patchMessage(client: QueryClient, ticket: number, id: number, change: Partial<Ticket['timeline'][number]>): void {
  client.setQueryData<Ticket>(keys.ticket(ticket), old =>
    old ? { ...old, timeline: old.timeline.map(m => (m.id === id ? { ...m, ...change } : m)) } : old,
  )
}

function forgetTicket(client: QueryClient, id: number): void {
  for (const [key, pages] of client.getQueriesData<TicketPages>({ queryKey: keys.lists })) {
    const row = pages?.pages.flatMap(page => page.tickets).find(other => other.id === id)
    if (pages && row) client.setQueryData(key, placeRow(pages, row, false))
  }
  void client.invalidateQueries({ queryKey: keys.ticket(id) })
}
