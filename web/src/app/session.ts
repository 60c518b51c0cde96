/** Who is signed in: gained on load from the cookie, lost on log-out or when the cookie runs out. */
import { keys } from '@/lib/api/keys'
import { logOut } from '@/lib/api/auth'
import { accessToken, onSession, refresh, setSession } from '@/lib/api/session'
import type { Session } from '@/lib/api/types'
import { flushAllDrafts, forgetDrafts } from '@/lib/drafts'
import { setLocale } from '@/lib/i18n'
import { forgetLogDrafts } from '@/lib/log-drafts'
import { outbox, uploads } from '@/lib/mail'
import { flushRemovals } from '@/lib/removals'
import { setTheme } from '@/lib/theme'
import { queryClient } from '@/app/query-client'

let lastUser: number | null = null

onSession(session => {
  if (session) welcome(session)
})

function welcome({ user }: Session): void {
  if (lastUser !== null && lastUser !== user.id) forgetEverything()
  lastUser = user.id
  queryClient.setQueryData(keys.me, user)
  if (user.locale) void setLocale(user.locale)
  if (user.theme) setTheme(user.theme)
}

export async function ensureSession(): Promise<boolean> {
  if (accessToken() !== null) return true
  return (await refresh()) !== null
}

export async function leave(): Promise<void> {
  flushAllDrafts()
  await flushRemovals()
  await logOut().catch(() => {
    // The session ends here in any case; the server's copy runs out by itself.
  })
  forgetEverything()
  lastUser = null
  setSession(null)
}

function forgetEverything(): void {
  outbox.clear()
  uploads.clear()
  forgetDrafts()
  forgetLogDrafts()
  queryClient.clear()
}
