import { api, data, seen } from '@/lib/api/client'
import type { TaskFilter } from '@/lib/api/keys'
import type { NewTask, TaskChange } from '@/lib/api/types'

const at = (id: number) => ({ params: { path: { id } } })

export const fetchTasks = ({ status, ...rest }: TaskFilter, cursor?: string | null, signal?: AbortSignal) =>
  data(api.GET('/tasks', { params: { query: { ...rest, status: status?.split(',') as never, cursor: cursor ?? undefined, limit: 50 } }, signal }))
export const fetchTaskCalendar = (month: string, assigned_to: string) =>
  data(api.GET('/tasks/calendar', { params: { query: { month, assigned_to: assigned_to || undefined } } }))
/** `attempt`: the same one again is made once. */
export const createTask = (input: NewTask, attempt?: string) =>
  data(api.POST('/tasks', { params: { header: attempt === undefined ? {} : { 'Idempotency-Key': attempt } }, body: input }))
export const changeTask = (id: number, change: TaskChange, version?: number) =>
  data(api.PATCH('/tasks/{id}', { params: { path: { id }, header: version === undefined ? {} : seen(version) }, body: change }))
export const completeTask = (id: number) => data(api.PATCH('/tasks/{id}/complete', at(id)))
/** For good. */
export const deleteTask = (id: number) => data(api.DELETE('/tasks/{id}', at(id)))
export const renewCalendarFeed = () => data(api.POST('/tasks/calendar-feed'))
