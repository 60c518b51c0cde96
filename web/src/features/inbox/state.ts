import { createStore } from '@/lib/store'
import type { Visibility } from '@/lib/api/types'

export type OpenPicker = 'assign' | 'status' | 'priority' | 'tags' | null

/** Which menu of the open ticket is open: by click, by key or from the palette. */
export const picker = createStore<OpenPicker>(null)
/** Tickets ticked for a common action. */
export const ticked = createStore<ReadonlySet<number>>(new Set())
/** Asks the composer for the focus, in a mode. */
export const composerCall = createStore<{ visibility: Visibility; n: number } | null>(null)

export function callComposer(visibility: Visibility): void {
  composerCall.set(old => ({ visibility, n: (old?.n ?? 0) + 1 }))
}

export function toggleTicked(id: number): void {
  ticked.set(old => {
    const next = new Set(old)
    if (!next.delete(id)) next.add(id)
    return next
  })
}

export const clearTicked = (): void => ticked.set(new Set())
