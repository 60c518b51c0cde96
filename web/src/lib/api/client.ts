/**
 * The one way to the API. `authorizedFetch` carries the token and renews it once on 401; `request`
 * adds JSON, idempotency keys, versions and problem documents on top of it.
 */
import { problemOf } from '@/lib/api/problem'
import { accessToken, BASE, refresh } from '@/lib/api/session'
import { uuid } from '@/lib/uuid'

type Query = Record<string, string | number | boolean | null | undefined>
export type RequestOptions = {
  query?: Query
  body?: unknown
  /** The version the caller saw; another one on the server is refused as `stale_version`. */
  version?: number
  idempotencyKey?: string
  signal?: AbortSignal
  keepalive?: boolean
}
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export async function authorizedFetch(url: string, init: RequestInit): Promise<Response> {
  const first = await fetch(url, withToken(init))
  if (first.status !== 401 || accessToken() === null) return first
  const session = await refresh()
  return session ? fetch(url, withToken(init)) : first
}

function withToken(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers)
  const token = accessToken()
  if (token) headers.set('authorization', `Bearer ${token}`)
  return { ...init, headers, credentials: 'same-origin' }
}

export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  if (options.version !== undefined) headers['if-match'] = `"${options.version}"`
  if (method !== 'GET') headers['idempotency-key'] = options.idempotencyKey ?? uuid()
  const response = await authorizedFetch(BASE + path + queryString(options.query), {
    method,
    headers,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.keepalive ? { keepalive: true } : {}),
  })
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

export function queryString(query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '')
  if (pairs.length === 0) return ''
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}`
}
