import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/lib/api/problem'
import { flushRemovals, removed, removeSoon, UNDO_MS } from '@/lib/removals'
import { toasts } from '@/lib/toast'

const asked: boolean[] = []
let refusal: Error | null = null
const remove = (name: string) =>
  removeSoon({
    name,
    said: 'Entry removed',
    run: async leaving => {
      asked.push(leaving)
      if (refusal) throw refusal
    },
    settled: () => undefined,
  })

describe('what is removed', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    asked.length = 0
    refusal = null
    toasts.set([])
    removed.set(new Set())
  })
  afterEach(() => vi.useRealTimers())

  it('is gone from the page at once, and from the server when its time is over', async () => {
    remove('a')
    expect(removed.get().has('a')).toBe(true)
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1)
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toEqual([false])
    expect(removed.get().has('a')).toBe(true)
  })

  it('comes back when somebody takes it back, and the server never hears of it', async () => {
    remove('a')
    toasts.get()[0]?.action?.run()
    expect(removed.get().has('a')).toBe(false)
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(asked).toEqual([])
  })

  it('comes back when the server refuses, says why, and can be tried again', async () => {
    refusal = new Problem(503, 'busy', 'Too busy.')
    remove('a')
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(removed.get().has('a')).toBe(false)
    const told = toasts.get().at(-1)
    expect(told).toMatchObject({ text: 'Too busy.', tone: 'danger' })
    refusal = null
    told?.action?.run()
    await vi.advanceTimersByTimeAsync(0)
    expect([asked, removed.get().has('a')]).toEqual([[false, false], true])
  })

  it('that somebody else removed meanwhile is gone all the same', async () => {
    refusal = new Problem(404, 'not_found', 'Not here.')
    remove('a')
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(removed.get().has('a')).toBe(true)
  })

  it('is removed now by whoever leaves', async () => {
    remove('a')
    dispatchEvent(new Event('pagehide'))
    expect(asked).toEqual([true])
    remove('b')
    await flushRemovals()
    expect(asked).toEqual([true, false])
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(asked).toEqual([true, false])
  })
})
