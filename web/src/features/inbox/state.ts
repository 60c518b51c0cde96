import { createStore } from '@/lib/store'
import type { Visibility } from '@/lib/api/types'

/** The row that keys act on. It is marked at once; the address and the thread follow when they can. */
export const marked = createStore<number | undefined>(undefined)

export type TicketMenu = 'assign' | 'status' | 'priority' | 'tags'
/** Which menu of which ticket is open: by click, by key or from the palette. */
export const picker = createStore<{ ticket: number; menu: TicketMenu } | null>(null)
/** Tickets ticked for a common action. */
export const ticked = createStore<ReadonlySet<number>>(new Set())
/** Asks the composer of a ticket for the focus, in a mode. It may still be on its way to the screen. */
export const composerCall = createStore<{ ticket: number; visibility: Visibility; ready?: boolean } | null>(null)

export function callComposer(ticket: number, visibility: Visibility): void {
  composerCall.set({ ticket, visibility })
}

/** Opens the list of replies that are kept ready, in whatever mode the composer is. */
export function callReplies(ticket: number): void {
  composerCall.set({ ticket, visibility: 'public', ready: true })
}

export function openMenu(ticket: number, menu: TicketMenu, isOpen = true): void {
  picker.set(isOpen ? { ticket, menu } : null)
}

export function toggleTicked(id: number): void {
  ticked.set(old => {
    const next = new Set(old)
    if (!next.delete(id)) next.add(id)
    return next
  })
}

export const clearTicked = (): void => ticked.set(new Set())
