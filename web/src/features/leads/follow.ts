import { createContext, useContext, useEffect, useLayoutEffect, useRef, type RefObject } from 'react'

/** The card that a key moved on: the focus goes with it, until somebody turns to something else. */
const Followed = createContext<RefObject<number | null>>({ current: null })
export const FollowProvider = Followed.Provider
export const useFollowed = () => useContext(Followed)

const cardOf = (id: number) => `[data-card="${id}"]`

/** For the board: what its columns share. */
export function useFollow(): RefObject<number | null> {
  const followed = useRef<number | null>(null)
  useEffect(() => {
    const turned = ({ target }: Event) => {
      const id = followed.current
      // A dialog asks about the move itself.
      if (id !== null && target instanceof Element && !target.closest(`${cardOf(id)}, [role="dialog"]`)) followed.current = null
    }
    addEventListener('focusin', turned)
    addEventListener('pointerdown', turned)
    return () => {
      removeEventListener('focusin', turned)
      removeEventListener('pointerdown', turned)
    }
  }, [])
  return followed
}

/**
 * For a column: gives the focus to the followed card where it lost it, since a card that changes its column or its place is
 * another element. `scrollTo` brings one into view that is not drawn.
 */
export function useFollowHere(box: RefObject<HTMLElement | null>, cards: readonly { id: number }[], scrollTo: (index: number) => void): void {
  const followed = useFollowed()
  useLayoutEffect(() => {
    const id = followed.current
    if (id === null || !isNowhere(document.activeElement)) return
    const index = cards.findIndex(card => card.id === id)
    if (index < 0) return
    const link = box.current?.querySelector<HTMLElement>(`${cardOf(id)} a`)
    if (link) link.focus()
    else scrollTo(index)
  })
}

/** Whether the focus is on nothing: what had it is gone. */
const isNowhere = (element: Element | null) => element === null || element === document.body
