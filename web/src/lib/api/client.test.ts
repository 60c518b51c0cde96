import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { queryString, request } from '@/lib/api/client'
import { Problem } from '@/lib/api/problem'
import { setSession } from '@/lib/api/session'
import type { Session } from '@/lib/api/types'

const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
const session = (access_token: string) => ({ access_token, user: {} }) as Session

describe('a request', () => {
  const calls: { url: string; headers: Headers }[] = []
  let valid = 'old'

  beforeEach(() => {
    calls.length = 0
    valid = 'old'
    setSession(session('old'))
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      const headers = new Headers(init.headers)
      calls.push({ url, headers })
      if (url.endsWith('/auth/refresh')) return answer(200, session(valid))
      return headers.get('authorization') === `Bearer ${valid}` ? answer(200, { ok: true }) : answer(401, {})
    })
  })
  afterEach(() => vi.unstubAllGlobals())

  it('renews a spent token once for any number of callers', async () => {
    valid = 'new'
    await Promise.all([request('GET', '/a'), request('GET', '/b'), request('GET', '/c')])
    expect(calls.filter(call => call.url.endsWith('/auth/refresh'))).toHaveLength(1)
  })

  it('sends the version seen and a key against doubles, and reads need neither', async () => {
    await request('PATCH', '/a', { body: {}, version: 7 })
    await request('GET', '/a')
    expect(calls[0]?.headers.get('if-match')).toBe('"7"')
    expect(calls[0]?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/)
    expect(calls[1]?.headers.has('idempotency-key')).toBe(false)
  })

  it('turns a problem document into field errors', async () => {
    const errors = [{ field: 'name', code: 'empty', message: 'A name is needed.' }]
    vi.stubGlobal('fetch', async () => answer(422, { code: 'invalid', detail: 'No.', errors }))
    const problem = await request('POST', '/a', { body: {} }).catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).field('name')).toBe('A name is needed.')
    expect((problem as Problem).field('email')).toBeUndefined()
  })

  it('leaves out what is not set', () => {
    expect(queryString({ a: 1, b: undefined, c: null, d: '', e: false })).toBe('?a=1&e=false')
    expect(queryString({})).toBe('')
  })
})
