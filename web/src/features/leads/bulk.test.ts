import { describe, expect, it } from 'vitest'
import { AT_ONCE, changeAll, reasonsOf } from '@/features/leads/bulk'

const ids = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
const well = (part: number[]) => ({ results: part.map(lead_id => ({ lead_id, status: 'updated' })) })

describe('many leads', () => {
  it('are all sent, so many at once, one part after the other', async () => {
    const sent: number[] = []
    const heard: number[] = []
    let underWay = 0
    const outcome = await changeAll(
      ids(1201),
      { priority: 'high' },
      async part => {
        expect(++underWay).toBe(1)
        sent.push(part.length)
        await Promise.resolve()
        underWay -= 1
        return well(part)
      },
      done => heard.push(done),
    )
    expect(sent).toEqual([AT_ONCE, AT_ONCE, 201])
    expect(heard).toEqual([500, 1000, 1201])
    expect(outcome).toEqual({ updated: ids(1201), refused: [], unsent: [], error: null })
  })

  it('that are refused are named, each with its reason', async () => {
    const updated: number[] = []
    const outcome = await changeAll(
      ids(3),
      { assigned_to: 1 },
      async part => ({ results: part.map(id => (id === 2 ? { lead_id: id, status: 'failed', error: 'no room' } : { lead_id: id, status: 'updated' })) }),
      (_, now) => updated.push(...now),
    )
    expect(outcome).toEqual({ updated: [1, 3], refused: [{ id: 2, why: 'no room' }], unsent: [], error: null })
    expect(updated).toEqual([1, 3])
  })

  it('that were not sent are known when a part fails', async () => {
    let n = 0
    const outcome = await changeAll(ids(1400), { archived: true }, async part => (++n === 2 ? Promise.reject(new Error('no network')) : well(part)), () => undefined)
    expect(n).toBe(2)
    expect(outcome.updated).toHaveLength(500)
    expect(outcome.unsent).toEqual(ids(1400).slice(500))
    expect(outcome.error?.message).toBe('no network')
  })

  it('have their reasons counted, the most frequent first', () => {
    const refused = [{ id: 1, why: 'a' }, { id: 2, why: 'b' }, { id: 3, why: 'b' }]
    expect(reasonsOf(refused)).toEqual([{ why: 'b', n: 2 }, { why: 'a', n: 1 }])
  })
})
