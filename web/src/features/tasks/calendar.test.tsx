import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, useState } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TaskCalendarView } from '@/features/tasks/calendar'
import { keys } from '@/lib/api/keys'
import { completeTask, fetchTaskCalendar } from '@/lib/api/tasks'
import type { Me, Task, TaskCalendar } from '@/lib/api/types'
import { openBooks } from '@/lib/i18n'
import { dayIn } from '@/lib/local-time'

vi.mock('@/lib/api/tasks', () => ({ fetchTaskCalendar: vi.fn(), completeTask: vi.fn(), changeTask: vi.fn(), deleteTask: vi.fn() }))
const fetchMonth = vi.mocked(fetchTaskCalendar)

/** Far enough ahead of every other zone that a month's end shows the difference. */
const ZONE = 'Pacific/Kiritimati'
const month = dayIn(Date.now(), ZONE).slice(0, 7)
const task = (id: number, over: Partial<Task> = {}) =>
  ({ id, title: `Task ${id}`, description: '', status: 'pending', due_at: `${month}-10T01:00:00Z`, is_overdue: false, lead: null, assignee: null, ...over }) as Task
const answer = (tasks: Task[], is_truncated = false): TaskCalendar => ({ month, zone: ZONE, days: [{ date: `${month}-10`, tasks }], is_truncated })

let root: Root
const opened = vi.fn()
const Page = () => {
  const [shown, setShown] = useState<string>()
  return <TaskCalendarView month={shown} assignee="" setMonth={setShown} open={opened} isCovered={false} />
}
const draw = async (): Promise<void> => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(keys.me, { id: 1, permissions: [{ action: 'tasks.write', scope: 'all' }] } as Me)
  await act(async () => root.render(<QueryClientProvider client={client}><Page /></QueryClientProvider>))
  await vi.waitFor(() => act(async () => expect(document.querySelector('td')).not.toBeNull()))
}
const button = (words: string) => [...document.querySelectorAll('button')].find(one => one.textContent?.includes(words))
const press = (element: Element | null | undefined) => act(async () => element?.dispatchEvent(new MouseEvent('click', { bubbles: true })))

beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  vi.clearAllMocks()
  await openBooks('leads')
  root = createRoot(document.body.appendChild(document.createElement('div')))
})
afterEach(() => {
  act(() => root.unmount())
  document.body.replaceChildren()
})

it('today and the month are those of the organisation', async () => {
  fetchMonth.mockResolvedValue(answer([]))
  await draw()
  expect(fetchMonth.mock.lastCall?.[0]).toBe(month)
  expect(document.querySelector('[aria-current=date]')?.textContent).toBe(String(Number(dayIn(Date.now(), ZONE).slice(8))))
})

it('a month without tasks says so, and one with tasks does not', async () => {
  fetchMonth.mockResolvedValue(answer([]))
  await draw()
  expect(document.body.textContent).toContain('No tasks in this month')
  act(() => root.unmount())
  root = createRoot(document.body.appendChild(document.createElement('div')))
  fetchMonth.mockResolvedValue(answer([task(1)]))
  await draw()
  expect(document.body.textContent).not.toContain('No tasks in this month')
})

it('a task is done where it stands, and opens, though it has no lead', async () => {
  fetchMonth.mockResolvedValue(answer([task(1)]))
  vi.mocked(completeTask).mockResolvedValue(task(1, { status: 'completed' }))
  await draw()
  await press(button('Task 1'))
  expect(opened.mock.calls[0]?.[0].id).toBe(1)
  await press(document.querySelector('td input[type=checkbox]'))
  expect(vi.mocked(completeTask).mock.calls[0]?.[0]).toBe(1)
})

it('a full day is shown whole, and a month that is not whole says so', async () => {
  fetchMonth.mockResolvedValue(answer([1, 2, 3, 4, 5, 6].map(id => task(id)), true))
  await draw()
  expect(document.querySelector('[role=status]')?.textContent).toMatch(/more tasks/)
  expect(button('Task 6')).toBeUndefined()
  await press(button('2 more'))
  const dialog = document.querySelector('[role=dialog]')
  expect(dialog?.querySelectorAll('li')).toHaveLength(6)
  await press(button('Task 6'))
  expect(opened.mock.calls[0]?.[0].id).toBe(6)
})
