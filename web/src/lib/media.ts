import { useSyncExternalStore } from 'react'

type Media = { subscribe: (listener: () => void) => () => void; matches: () => boolean }

function media(query: string): Media {
  let list: MediaQueryList | null = null
  const get = () => (list ??= matchMedia(query))
  return {
    subscribe: listener => {
      get().addEventListener('change', listener)
      return () => get().removeEventListener('change', listener)
    },
    matches: () => get().matches,
  }
}

const PHONE = media('(max-width: 640px)')
const WIDE = media('(min-width: 1180px)')
const useMedia = ({ subscribe, matches }: Media): boolean => useSyncExternalStore(subscribe, matches)

export const usePhone = (): boolean => useMedia(PHONE)
/** Wide enough for all three panes at once. */
export const useWide = (): boolean => useMedia(WIDE)
