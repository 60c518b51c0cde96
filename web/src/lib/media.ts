import { useSyncExternalStore } from 'react'

const watch = (query: string) => (listener: () => void) => {
  const list = matchMedia(query)
  list.addEventListener('change', listener)
  return () => list.removeEventListener('change', listener)
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(watch(query), () => matchMedia(query).matches)
}

export const usePhone = (): boolean => useMedia('(max-width: 640px)')
/** Wide enough for all three panes at once. */
export const useWide = (): boolean => useMedia('(min-width: 1180px)')
