import { QueryClient } from '@tanstack/react-query'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { leadActions } from '@/features/leads/actions'
import { keys } from '@/lib/api/keys'
import { changeLead } from '@/lib/api/leads'
import { Problem } from '@/lib/api/problem'
import type { Lead } from '@/lib/api/types'
import { toasts } from '@/lib/toast'

vi.mock('@/lib/api/leads', () => ({ changeLead: vi.fn() }))
const change = vi.mocked(changeLead)

const lead = { id: 1, name: 'Anh', version: 3, tags: ['a'], source: 'website' } as Lead
let client: QueryClient
const shown = () => client.getQueryData<Lead>(keys.lead(1))
const tags = (tags: string[]) => ({ wanted: { tags }, shown: { tags } })

beforeEach(() => {
  client = new QueryClient()
  client.setQueryData(keys.lead(1), lead)
  change.mockReset()
  toasts.set(() => [])
})

describe('keeping a fact', () => {
  it('asks for the version that is on screen, and the next one for that which came of it', async () => {
    let version = 3
    change.mockImplementation(async (_, wanted) => ({ ...lead, ...(wanted as Partial<Lead>), version: ++version }))
    const { keep } = leadActions(client)
    const both = [keep(lead, tags(['a', 'b']), tags(['a'])), keep(lead, tags(['a', 'b', 'c']), tags(['a', 'b']))]
    expect(shown()?.tags).toEqual(['a', 'b', 'c'])
    expect(await Promise.all(both)).toEqual([true, true])
    expect(change.mock.calls.map(call => call[2])).toEqual([3, 4])
    expect(shown()?.tags).toEqual(['a', 'b', 'c'])
    expect(shown()?.version).toBe(5)
  })

  it('hands back what is wrong with what was typed, and shows what was there', async () => {
    const wrong = new Problem(422, 'invalid', 'Look', [{ field: 'tags.1', code: 'too_long', message: 'too long' }])
    change.mockRejectedValue(wrong)
    expect(await leadActions(client).keep(lead, tags(['a', 'x']), tags(['a']))).toBe(wrong)
    expect(shown()?.tags).toEqual(['a'])
    expect(toasts.get()).toEqual([])
  })

  it('tells of somebody else’s change, and does it all the same when asked', async () => {
    change.mockRejectedValueOnce(new Problem(409, 'stale_version', 'changed'))
    change.mockResolvedValueOnce({ ...lead, source: 'fair', version: 9 })
    const { keep } = leadActions(client)
    expect(await keep(lead, { wanted: { source: 'fair' } }, { wanted: { source: 'website' } })).toBe(false)
    expect(toasts.get()).toHaveLength(1)
    toasts.get()[0]?.action?.run()
    await vi.waitFor(() => expect(shown()?.source).toBe('fair'))
    expect(change.mock.calls.map(call => call[2])).toEqual([3, undefined])
  })
})
