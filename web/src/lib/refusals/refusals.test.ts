import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { setLocale } from '@/lib/i18n'
import { refusals } from '@/lib/refusals'
import { vi } from '@/lib/refusals/vi'

const codes = readFileSync('../docs/API-DESIGN.md', 'utf8')

describe('refusals', () => {
  afterEach(() => setLocale('en'))

  it('are as the server said them in English', async () => {
    expect((await refusals())('faults', 'too_long', 'must have at most 20 characters')).toBe('must have at most 20 characters')
  })

  it('are said by their sentence, with its numbers, else by their code, else as they came', async () => {
    await setLocale('vi')
    const said = await refusals()
    expect(said('faults', 'too_short', 'must have 12 to 200 characters')).toBe('phải có từ 12 đến 200 ký tự')
    expect(said('faults', 'too_long', 'holds too much')).toBe('quá dài')
    expect(said('codes', 'new_code', 'Something new.')).toBe('Something new.')
  })

  it('know every code of the API', () => {
    const listed = [...codes.matchAll(/^\| `(\w+)` \| [45]\d\d \|/gm)].map(match => match[1] ?? '')
    expect(listed.length).toBeGreaterThan(20)
    expect(listed.filter(code => !(code in vi.codes))).toEqual([])
  })
})
