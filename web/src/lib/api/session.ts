/** The signed-in session. The access token lives in this module's memory and nowhere else. */
import type { Session } from '@/lib/api/types'
import { problemOf } from '@/lib/api/problem'

export const BASE = '/api/v1'

let token: string | null = null
let refreshing: Promise<Session | null> | null = null
const listeners = new Set<(session: Session | null) => void>()

export const accessToken = (): string | null => token

export function onSession(listener: (session: Session | null) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function setSession(session: Session | null): void {
  token = session?.access_token ?? null
  for (const listener of listeners) listener(session)
}

/** Trades the cookie for a new access token. Any number of callers share one request. */
export function refresh(): Promise<Session | null> {
  refreshing ??= inTurn(tradeCookie).finally(() => {
    refreshing = null
  })
  return refreshing
}

/** A refresh token works once, and the cookie is shared by all tabs: they trade it one after the other. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  // Missing outside of secure contexts, where two tabs opened at the very same moment may have to log in again.
  return navigator.locks ? await navigator.locks.request('frontdesk-refresh', work) : work()
}

async function tradeCookie(): Promise<Session | null> {
  const response = await fetch(`${BASE}/auth/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    credentials: 'same-origin',
  })
  if (response.status >= 500 || response.status === 429) throw await problemOf(response)
  const session = response.ok ? ((await response.json()) as Session) : null
  setSession(session)
  return session
}
