import { expect, it } from 'vitest'
import { stagesBeen } from '@/features/leads/stage-bar'

it('a lead has been where its moves began and ended, and nowhere between', () => {
  const moves = [
    { data: { before: { status: 'contacted' }, after: { status: 'enrolled' } } },
    { data: { before: { status: 'new' }, after: { status: 'contacted' } } },
  ]
  expect([...stagesBeen(moves)].sort()).toEqual(['contacted', 'enrolled', 'new'])
  expect(stagesBeen([]).size).toBe(0)
})
