/** Language and theme: at once here, and kept with the account for the next device. */
import { changeMe } from '@/lib/api/auth'
import { accessToken } from '@/lib/api/session'
import { setLocale, type Locale } from '@/lib/i18n'
import { setTheme, type Theme } from '@/lib/theme'

export const THEMES: Theme[] = ['light', 'dark', 'system']
export const LOCALES: Locale[] = ['en', 'vi']

function keep(change: Parameters<typeof changeMe>[0]): void {
  if (accessToken() === null) return
  changeMe(change).catch(() => {
    // The device remembers; the account learns it at the next change.
  })
}

export function chooseTheme(theme: Theme): void {
  setTheme(theme)
  keep({ theme })
}

export function chooseLocale(locale: Locale): void {
  void setLocale(locale)
  keep({ locale })
}
