import { act, useRef } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FollowProvider, useFollow, useFollowed, useFollowHere } from '@/features/leads/follow'

const scrolled: number[] = []

function Column({ cards, isDrawn }: { cards: number[]; isDrawn: boolean }) {
  const box = useRef<HTMLUListElement>(null)
  const followed = useFollowed()
  useFollowHere(box, cards.map(id => ({ id })), index => scrolled.push(index))
  return (
    <ul ref={box}>
      {isDrawn && cards.map(id => <li key={id} data-card={id} onKeyDown={() => (followed.current = id)}><a href={`#${id}`}>{id}</a></li>)}
    </ul>
  )
}
function Desk({ columns, isDrawn = true }: { columns: number[][]; isDrawn?: boolean }) {
  return (
    <>
      <FollowProvider value={useFollow()}>{columns.map((cards, n) => <Column key={n} cards={cards} isDrawn={isDrawn || n === 0} />)}</FollowProvider>
      <button type="button">elsewhere</button>
    </>
  )
}

let root: Root
const draw = (columns: number[][], isDrawn?: boolean) => act(() => root.render(<Desk columns={columns} isDrawn={isDrawn} />))
const link = (id: number) => document.querySelector<HTMLElement>(`[data-card="${id}"] a`)
const press = (id: number) => act(() => {
  link(id)?.focus()
  link(id)?.dispatchEvent(new KeyboardEvent('keydown', { key: ']', bubbles: true }))
})

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  scrolled.length = 0
  const box = document.body.appendChild(document.createElement('div'))
  root = createRoot(box)
})
afterEach(() => {
  act(() => root.unmount())
  document.body.replaceChildren()
})

it('the focus goes with a card that a key moved, as often as it moves', async () => {
  await draw([[1, 2], [3], []])
  await press(1)
  await draw([[2], [1, 3], []])
  expect(document.activeElement).toBe(link(1))
  await draw([[2], [3], [1]])
  expect(document.activeElement).toBe(link(1))
})

it('a card that is not drawn is scrolled to first', async () => {
  await draw([[1], [3]])
  await press(1)
  await draw([[], [3, 1]], false)
  expect(scrolled).toContain(1)
  await draw([[], [3, 1]])
  expect(document.activeElement).toBe(link(1))
})

it('whoever turned to something else keeps it', async () => {
  await draw([[1], [3]])
  await press(1)
  act(() => document.querySelector('button')?.focus())
  act(() => (document.activeElement as HTMLElement).blur())
  await draw([[], [1, 3]])
  expect(document.activeElement).toBe(document.body)
})
