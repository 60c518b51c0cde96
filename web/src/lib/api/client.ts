/**
 * The one way to the API: `api.GET('/tickets/{id}', …)`, typed by the server's own document. `data` unwraps an
 * answer; a refusal is thrown as a `Problem`. The token, its renewal and keys against doubles need no thought.
 */
import createClient, { type Middleware } from 'openapi-fetch'
import type { paths } from '@gen/schema'
import { failureOf, problemOf } from '@/lib/api/problem'
import { accessToken, BASE, refresh } from '@/lib/api/session'
import { uuid } from '@/lib/uuid'

/** Carries the token, and renews it once when it is spent. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone() // A body can be read only once.
  const first = await fetch(withToken(request))
  if (first.status !== 401 || accessToken() === null) return first
  const session = await refresh()
  return session ? fetch(withToken(again)) : first
}

function withToken(request: Request): Request {
  const token = accessToken()
  if (token) request.headers.set('authorization', `Bearer ${token}`)
  return request
}

const conventions: Middleware = {
  onRequest({ request }) {
    request.headers.set('accept', 'application/json')
    const isRead = request.method === 'GET'
    if (!isRead && !request.headers.has('idempotency-key')) request.headers.set('idempotency-key', uuid())
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response)
  },
}

/** Leaves out what is not set; several values of one name are joined by commas. */
export function queryString(query: Record<string, unknown>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()
}

export const api = createClient<paths>({
  baseUrl: BASE,
  fetch: authorizedFetch,
  querySerializer: queryString,
  credentials: 'same-origin',
})
api.use(conventions)

/** What came back, or why nothing did, in words for people. */
export async function data<T>(call: Promise<{ data?: T }>): Promise<T> {
  try {
    return (await call).data as T
  } catch (error) {
    throw failureOf(error)
  }
}

/** For `header`: the version the caller saw. Another one on the server is refused as `stale_version`. */
export const seen = (version: number) => ({ 'If-Match': `"${version}"` })
