import { afterEach, beforeAll, expect, it } from 'vitest'
import { openBooks, setLocale } from '@/lib/i18n'
import { wordPart } from '@/ui/spam-parts'

const part = (name: string, facts: Record<string, number>, detail = 'as the server said') => wordPart({ name, score: 0.5, detail, facts })

beforeAll(() => openBooks('spam'))
afterEach(() => setLocale('en'))

it('words the facts in the language of the reader', async () => {
  expect(part('links', { odd: 1, links: 3, shortened: 2 })).toBe('3 links, 2 shortened, 1 to an odd address')
  expect(part('phrases', { more_phrases: 2 }, 'free, prize')).toBe('free, prize, and 2 more')
  expect(part('empty', {})).toBe('')
  await setLocale('vi')
  expect(part('links', { links: 3, odd: 1 })).toBe('3 liên kết, 1 địa chỉ đáng ngờ')
  expect(part('message_limit', { messages: 1200, days: 30 })).toBe('1.200 tin nhắn, trong 30 ngày')
})

it('repeats the server where there are no facts', () => {
  expect(part('links', {})).toBe('as the server said')
})
