import { createStore } from '@/lib/store'
import { recall, remember } from '@/lib/storage'

export type Theme = 'light' | 'dark' | 'system'
const KEY = 'frontdesk.theme'

const stored = recall('local', KEY)
export const themeStore = createStore<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system')

const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches

function paint(): void {
  const theme = themeStore.get()
  document.documentElement.classList.toggle('dark', theme === 'dark' || (theme === 'system' && prefersDark()))
}

export function setTheme(theme: Theme): void {
  remember('local', KEY, theme)
  themeStore.set(theme)
  paint()
}

/** Follows the system while the choice is *system*. */
export function watchTheme(): void {
  paint()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
}
