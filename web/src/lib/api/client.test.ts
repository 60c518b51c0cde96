import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, data, queryString, seen } from '@/lib/api/client'
import { messageOf, Problem, Unreachable } from '@/lib/api/problem'
import { setSession } from '@/lib/api/session'
import type { Session } from '@/lib/api/types'
import { setLocale } from '@/lib/i18n'

const answer = (status: number, body: unknown) => new Response(status === 204 ? null : JSON.stringify(body), { status })
const session = (access_token: string) => ({ access_token, user: {} }) as Session
const ticket = { params: { path: { id: 1 } } }

describe('a request', () => {
  const calls: { url: string; headers: Headers; body: string }[] = []
  let valid = 'old'

  beforeEach(() => {
    calls.length = 0
    valid = 'old'
    setSession(session('old'))
    vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
      const request = new Request(input, init)
      calls.push({ url: request.url, headers: request.headers, body: await request.text() })
      if (request.url.endsWith('/auth/refresh')) return answer(200, session(valid))
      return request.headers.get('authorization') === `Bearer ${valid}` ? answer(200, { ok: true }) : answer(401, {})
    })
  })
  afterEach(() => vi.unstubAllGlobals())

  it('renews a spent token once for any number of callers, and says the same again', async () => {
    valid = 'new'
    const change = () => data(api.PATCH('/tickets/{id}', { ...ticket, body: { subject: 'Ngày mai' } }))
    expect(await Promise.all([change(), change(), data(api.GET('/tickets/counts'))])).toEqual([{ ok: true }, { ok: true }, { ok: true }])
    expect(calls.filter(call => call.url.endsWith('/auth/refresh'))).toHaveLength(1)
    const changes = calls.filter(call => call.url.endsWith('/tickets/1'))
    expect(changes.map(call => call.body)).toEqual(Array(4).fill('{"subject":"Ngày mai"}'))
    expect(new Set(changes.map(call => call.headers.get('idempotency-key'))).size, 'each keeps its key').toBe(2)
  })

  it('sends the version seen and a key against doubles, and reads need neither', async () => {
    await api.PATCH('/tickets/{id}', { params: { path: { id: 1 }, header: seen(7) }, body: {} })
    await api.GET('/tickets/{id}', ticket)
    await api.POST('/tickets/{id}/read', { params: { path: { id: 1 }, header: { 'Idempotency-Key': 'mine' } } })
    expect(calls[0]?.headers.get('if-match')).toBe('"7"')
    expect(calls[0]?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/)
    expect(calls[0]?.headers.get('content-type')).toBe('application/json')
    expect(calls[1]?.headers.has('idempotency-key')).toBe(false)
    expect(calls[2]?.headers.get('idempotency-key')).toBe('mine')
  })

  it('turns a problem document into field errors', async () => {
    const errors = [{ field: 'name', code: 'empty', message: 'A name is needed.' }]
    vi.stubGlobal('fetch', async () => answer(422, { code: 'invalid', detail: 'No.', errors }))
    const problem = await data(api.POST('/departments', { body: { name: '' } })).catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).field('name')).toBe('A name is needed.')
    expect((problem as Problem).field('email')).toBeUndefined()
  })

  it('that does not arrive is told in words for people, in their language', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch')
    })
    const failure = () => data(api.POST('/departments', { body: { name: 'A' } })).catch((error: unknown) => error)
    expect(await failure()).toBeInstanceOf(Unreachable)
    expect(messageOf(await failure())).toBe('The desk cannot be reached. Nothing is lost; try again in a moment.')
    await setLocale('vi')
    expect(messageOf(await failure())).toMatch(/^Không kết nối được/)
    await setLocale('en')
  })

  it('that something before the desk answers is told the same, and what a program did wrong as it is', async () => {
    vi.stubGlobal('fetch', async () => new Response('<h1>Bad Gateway</h1>', { status: 502 }))
    const problem = await data(api.GET('/tickets/counts')).catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(Problem)
    expect(messageOf(problem)).toMatch(/^The desk cannot be reached/)
    expect(messageOf(new TypeError('Failed to fetch dynamically imported module: /x.js'))).toMatch(/^The desk cannot be reached/)
    expect(messageOf(new TypeError('x is not a function'))).toBe('x is not a function')
  })

  it('takes an answer without a body for what it is', async () => {
    vi.stubGlobal('fetch', async () => answer(204, null))
    expect(await data(api.POST('/tickets/{id}/read', ticket))).toBeUndefined()
  })

  it('leaves out what is not set, and joins several', async () => {
    await api.GET('/tickets', { params: { query: { queue: 'mine', status: ['new', 'open'], search: '' } } })
    expect(new URL(calls[0]?.url ?? '').search).toBe('?queue=mine&status=new%2Copen')
    expect(queryString({ a: 1, b: undefined, c: null, d: '', e: false })).toBe('a=1&e=false')
  })
})
