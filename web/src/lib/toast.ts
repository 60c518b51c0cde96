import type { Key } from '@/lib/i18n'
import { createStore } from '@/lib/store'

export type ToastAction = { label: Key; run: () => void }
export type Toast = { id: number; text: string; tone: 'plain' | 'danger'; action: ToastAction | null; until: number | null }

export const toasts = createStore<Toast[]>([])
let last = 0

export function dismiss(id: number): void {
  toasts.set(list => list.filter(item => item.id !== id))
}

/** Says something in the corner. A toast with undo stays ten seconds, a failure until it is dismissed. */
export function toast(text: string, options: { tone?: Toast['tone']; action?: ToastAction; for?: number | null } = {}): number {
  last += 1
  const id = last
  const seconds = options.for === undefined ? (options.action ? 10 : 4) : options.for
  const until = seconds === null ? null : Date.now() + seconds * 1000
  toasts.set(list => [...list.slice(-3), { id, text, tone: options.tone ?? 'plain', action: options.action ?? null, until }])
  if (seconds !== null) setTimeout(() => dismiss(id), seconds * 1000)
  return id
}

/** A failure that can be tried again; it waits for an answer, wherever the user goes. */
export function toastFailure(text: string, retry?: () => void): number {
  return toast(text, retry ? { tone: 'danger', action: { label: 'common.retry', run: retry }, for: null } : { tone: 'danger', for: 8 })
}
