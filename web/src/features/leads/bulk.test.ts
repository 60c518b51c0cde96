import { describe, expect, it } from 'vitest'
import { AT_ONCE, changeAll, reasonsOf, roomOf, takes, whyNotShared, whyOf } from '@/features/leads/bulk'
import type { LeadAgent } from '@/lib/api/types'
import { openBooks, setLocale } from '@/lib/i18n'
import { refusals } from '@/lib/refusals'

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

  it('have their reasons gathered, the most frequent first', () => {
    const refused = [{ id: 1, why: 'a' }, { id: 2, why: 'b' }, { id: 3, why: 'b' }]
    expect(reasonsOf(refused)).toEqual([{ why: 'b', ids: [2, 3] }, { why: 'a', ids: [1] }])
  })

  it('have their reasons said in the language of the desk, by the field where it lies in one', async () => {
    await setLocale('vi')
    const said = await refusals()
    expect(whyOf({ error: 'not found' }, said, String)).toBe('không có, hoặc bạn không được xem')
    expect(whyOf({ error: 'This lead is archived. Restore it first.' }, said, String)).toBe('Khách này đã được lưu trữ. Hãy khôi phục trước.')
    expect(whyOf({ error: 'nobody has room' }, said, String)).toBe('không còn ai nhận thêm được')
    const errors = [{ field: 'reason', code: 'required', message: 'say why it is lost' }, { field: 'disposition', code: 'not_one_of', message: 'must be one of a, b' }]
    expect(whyOf({ error: 'reason say why it is lost; …', errors }, said, field => `<${field}>`)).toBe('<reason>: hãy cho biết vì sao thất bại; <disposition>: không phải là một lựa chọn hợp lệ')
    await setLocale('en')
  })
})

describe('leads that are given out', () => {
  const agent = (available_slots: number) => ({ capacity: { available_slots } }) as LeadAgent

  it('find as much room as there is; who has too many leaves none of it', () => {
    expect(roomOf([agent(3), agent(-2), agent(4)])).toBe(7)
    expect([agent(1), agent(0), agent(-1)].map(takes)).toEqual([true, false, false])
  })

  it('and were not say why', async () => {
    await openBooks('leads')
    expect(whyNotShared('nobody has room')).toBe('Nobody of those chosen has room')
    expect(whyNotShared('something new')).toBe('something new')
  })
})
