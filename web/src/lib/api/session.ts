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
  refreshing ??= tradeCookie().finally(() => {
    refreshing = null
  })
  return refreshing
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
