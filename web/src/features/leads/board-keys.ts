/** Keys that go from card to card: J and K within a column, H and L among columns, and the arrows on a card. */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef } from 'react'
import type { BoardColumn } from '@/lib/api/types'
import { useShortcuts } from '@/lib/keys/shortcuts'

type Step = { down?: number; right?: number }
type Reach = (index: number) => void
type Keys = {
  /** A column says how one of its cards is brought into view and given the focus. */
  offer: (status: string, reach: Reach) => () => void
  /** Goes on from a card. */
  go: (from: number | null, step: Step) => void
}

const Context = createContext<Keys>({ offer: () => () => undefined, go: () => undefined })
export const BoardKeysProvider = Context.Provider
export const useCardKeys = () => useContext(Context)

const ARROWS: Record<string, Step> = { ArrowDown: { down: 1 }, ArrowUp: { down: -1 }, ArrowRight: { right: 1 }, ArrowLeft: { right: -1 } }
/** Where an arrow key goes, if it is one. */
export const arrowStep = (key: string): Step | undefined => ARROWS[key]

type Place = { column: number; index: number }

/** The card that a step leads to; columns without cards are passed over, and at an end one stays. */
export function stepOn(columns: readonly { leads: readonly { id: number }[] }[], from: number | null, { down = 0, right = 0 }: Step): Place | null {
  const column = columns.findIndex(one => one.leads.some(card => card.id === from))
  if (column < 0) {
    const first = columns.findIndex(one => one.leads.length > 0)
    return first < 0 ? null : { column: first, index: 0 }
  }
  const at = columns[column]?.leads.findIndex(card => card.id === from) ?? 0
  const size = (n: number) => columns[n]?.leads.length ?? 0
  let to = column
  if (right !== 0) {
    do to += right
    while (to >= 0 && to < columns.length && size(to) === 0)
    if (to < 0 || to >= columns.length) to = column
  }
  return { column: to, index: Math.max(0, Math.min(size(to) - 1, at + down)) }
}

const focused = (): number | null => {
  const card = document.activeElement?.closest<HTMLElement>('[data-card]')
  return card ? Number(card.dataset.card) : null
}

/** For the board: its columns in their order. */
export function useBoardKeys(columns: readonly BoardColumn[]): Keys {
  const latest = useRef(columns)
  useEffect(() => {
    latest.current = columns
  })
  const reaches = useRef(new Map<string, Reach>())
  const go = useCallback((from: number | null, step: Step) => {
    const place = stepOn(latest.current, from, step)
    const status = place && latest.current[place.column]?.status
    if (place && status !== null && status !== undefined) reaches.current.get(status)?.(place.index)
  }, [])
  const offer = useCallback((status: string, reach: Reach) => {
    reaches.current.set(status, reach)
    return () => reaches.current.delete(status)
  }, [])
  useShortcuts({
    j: () => go(focused(), { down: 1 }),
    k: () => go(focused(), { down: -1 }),
    l: () => go(focused(), { right: 1 }),
    h: () => go(focused(), { right: -1 }),
  })
  return useMemo(() => ({ offer, go }), [offer, go])
}
