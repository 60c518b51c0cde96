import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Kept } from '@/features/leads/actions'
import { faultOf, TypedFact } from '@/features/leads/fact-fields'
import { Problem } from '@/lib/api/problem'

let root: Root
const input = () => document.querySelector('input') as HTMLInputElement
const draw = (value: string, keep: (text: string) => Promise<Kept>) => act(() => root.render(<TypedFact label="Shoe" field="custom.shoe" value={value} keep={keep} />))
const type = (text: string) => act(() => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input(), text)
  input().dispatchEvent(new Event('input', { bubbles: true }))
})
const press = (key: string) => act(async () => void input().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))
const leave = () => act(async () => void input().dispatchEvent(new FocusEvent('focusout', { bubbles: true })))
const refusal = new Problem(422, 'invalid', 'Look at the fields.', [{ field: 'custom.shoe', code: 'type', message: 'must be a number' }])

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  root = createRoot(document.body.appendChild(document.createElement('div')))
})
afterEach(() => {
  act(() => root.unmount())
  document.body.replaceChildren()
})

it('Enter and leaving right after keep it once', async () => {
  let answer: (kept: Kept) => void = () => undefined
  const keep = vi.fn(() => new Promise<Kept>(resolve => (answer = resolve)))
  await draw('40', keep)
  await type(' 41 ')
  await press('Enter')
  await leave()
  expect(keep.mock.calls).toEqual([['41']])
  await act(async () => answer(true))
})

it('what is wrong stands at the field, with what was typed, until Escape', async () => {
  await draw('40', async () => refusal)
  await type('big')
  await leave()
  expect(input().value).toBe('big')
  expect(input().getAttribute('aria-invalid')).toBe('true')
  expect(document.querySelector('[role=alert]')?.textContent).toBe('must be a number')
  await press('Escape')
  expect(input().value).toBe('40')
  expect(document.querySelector('[role=alert]')).toBeNull()
})

it('follows the server while nobody types, and only then', async () => {
  const keep = vi.fn(async () => true as const)
  await draw('40', keep)
  await draw('42', keep)
  expect(input().value).toBe('42')
  await type('43')
  await draw('50', keep)
  expect(input().value).toBe('43')
})

it('what was kept is said in the words of the server, and not sent again', async () => {
  const keep = vi.fn(async () => {
    await draw('1.5', keep)
    return true as const
  })
  await draw('', keep)
  await type('1,5')
  await press('Enter')
  await leave()
  expect(input().value).toBe('1.5')
  expect(keep).toHaveBeenCalledTimes(1)
})

it('a refusal of something inside a field is of the field', () => {
  const problem = new Problem(422, 'invalid', 'Look at the fields.', [{ field: 'tags.3', code: 'too_long', message: 'too long' }])
  expect(faultOf(problem, 'tags')).toBe('too long')
  expect(faultOf(problem, 'notes')).toBe('Look at the fields.')
})
