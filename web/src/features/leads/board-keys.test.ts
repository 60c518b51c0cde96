import { describe, expect, it } from 'vitest'
import { arrowStep, stepOn } from '@/features/leads/board-keys'

const column = (...ids: number[]) => ({ leads: ids.map(id => ({ id })) })
const board = [column(), column(1, 2, 3), column(), column(4)]

describe('a step on the board', () => {
  it('begins at the first card that there is', () => {
    expect(stepOn(board, null, { down: 1 })).toEqual({ column: 1, index: 0 })
    expect(stepOn([column(), column()], null, { down: 1 })).toBeNull()
  })

  it('goes down and up, and stays at the ends', () => {
    expect(stepOn(board, 1, { down: 1 })).toEqual({ column: 1, index: 1 })
    expect(stepOn(board, 1, { down: -1 })).toEqual({ column: 1, index: 0 })
    expect(stepOn(board, 3, { down: 1 })).toEqual({ column: 1, index: 2 })
  })

  it('goes to the next column that has cards, as far down as that one goes', () => {
    expect(stepOn(board, 3, { right: 1 })).toEqual({ column: 3, index: 0 })
    expect(stepOn(board, 4, { right: 1 })).toEqual({ column: 3, index: 0 })
    expect(stepOn(board, 4, { right: -1 })).toEqual({ column: 1, index: 0 })
    expect(stepOn(board, 2, { right: -1 })).toEqual({ column: 1, index: 1 })
  })

  it('is what an arrow means', () => {
    expect(arrowStep('ArrowLeft')).toEqual({ right: -1 })
    expect(arrowStep('a')).toBeUndefined()
  })
})
