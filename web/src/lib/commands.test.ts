import { expect, it } from 'vitest'
import { filterCommands, includesFolded, type Command } from '@/lib/commands'

const command = (label: string): Command => ({ id: label, group: 'go', label, run: () => {} })

it('finds commands by the beginnings of words, without accents', () => {
  const list = [command('Giao cho Đặng Ngọc Anh'), command('Đặt trạng thái: Bận'), command('Go to Inbox')]
  const found = (typed: string) => filterCommands(list, typed).map(c => c.label)
  expect(found('dang anh')).toEqual(['Giao cho Đặng Ngọc Anh'])
  expect(found('go in')).toEqual(['Go to Inbox'])
  expect(found('nbox')).toEqual([])
  expect(found('')).toHaveLength(3)
})

it('matches text inside, without accents', () => {
  expect(includesFolded('Nguyễn Thị Lan', 'thi l')).toBe(true)
  expect(includesFolded('Nguyễn', 'x')).toBe(false)
})
