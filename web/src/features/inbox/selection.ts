import { useCallback, useEffect, useRef } from 'react'
import { marked } from '@/features/inbox/state'

/** Keys closer together than this run through the list: the thread waits until they rest for as long. */
const RUN_MS = 180

/** Calls once what was drawn is on screen, and not before `wait` has passed. */
function afterPaint(wait: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(act, wait)
  })
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}

export type Select = (id: number) => void

/**
 * Choosing a row. The mark moves with the key press itself, for it touches two rows; the address, and with it the
 * thread, follows once the mark is on screen. Of rows that are run through only the last is opened.
 */
export function useSelection(open: number | undefined, follow: Select): Select {
  const pending = useRef<(() => void) | null>(null)
  const pressed = useRef(-Infinity)
  const latest = useRef(follow)
  useEffect(() => {
    latest.current = follow
  })
  useEffect(() => {
    // What was opened by a link or by going back; a row that was marked since is not taken back.
    if (!pending.current) marked.set(open)
  }, [open])
  useEffect(
    () => () => {
      pending.current?.()
      marked.set(undefined)
    },
    [],
  )
  return useCallback(id => {
    const now = performance.now()
    const isRunning = now - pressed.current < RUN_MS
    pressed.current = now
    pending.current?.()
    pending.current = afterPaint(isRunning ? RUN_MS : 0, () => {
      pending.current = null
      latest.current(id)
    })
    marked.set(id)
  }, [])
}
