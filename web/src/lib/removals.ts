/**
 * What somebody removes and the server cannot bring back: gone from the page at once, and from the server when nobody took it
 * back in the meantime. Whoever leaves the desk before that leaves nothing undone.
 */
import { messageOf, Problem } from '@/lib/api/problem'
import { createStore } from '@/lib/store'
import { toast, toastFailure } from '@/lib/toast'

/** As long as its toast offers the way back. */
export const UNDO_MS = 10_000

export type Removal = {
  /** What it is, among everything that can be removed: `interaction:7`. */
  name: string
  /** What the toast says of it. */
  said: string
  /** Tells the server; `leaving`: the page is closing. */
  run: (leaving: boolean) => Promise<unknown>
  /** After the server answered, or refused. */
  settled: () => void
}

/** What is not to be shown: on its way out, or gone. */
export const removed = createStore<ReadonlySet<string>>(new Set())
const waiting = new Map<string, { removal: Removal; timer: ReturnType<typeof setTimeout> }>()
let isListening = false

const hide = (name: string) => removed.set(old => new Set(old).add(name))
const show = (name: string) => removed.set(old => new Set([...old].filter(one => one !== name)))

export function removeSoon(removal: Removal): void {
  if (!isListening) addEventListener('pagehide', () => void flushRemovals(true))
  isListening = true
  hide(removal.name)
  waiting.set(removal.name, { removal, timer: setTimeout(() => void carryOut(removal, false), UNDO_MS) })
  toast(removal.said, { action: { label: 'common.undo', run: () => takeBack(removal.name) }, for: UNDO_MS / 1000 })
}

function takeBack(name: string): void {
  const found = waiting.get(name)
  if (!found) return
  clearTimeout(found.timer)
  waiting.delete(name)
  show(name)
}

async function carryOut(removal: Removal, leaving: boolean): Promise<void> {
  clearTimeout(waiting.get(removal.name)?.timer)
  waiting.delete(removal.name)
  hide(removal.name)
  try {
    await removal.run(leaving)
  } catch (error) {
    const isGone = error instanceof Problem && error.status === 404
    if (!isGone) {
      show(removal.name)
      toastFailure(messageOf(error), () => void carryOut(removal, false))
    }
  }
  removal.settled()
}

/** Removes now what still waits: on logging out, and on leaving the page. */
export async function flushRemovals(leaving = false): Promise<void> {
  await Promise.all([...waiting.values()].map(({ removal }) => carryOut(removal, leaving)))
}
