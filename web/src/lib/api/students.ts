import { api, data, seen } from '@/lib/api/client'
import type { NewStudent, StudentChange } from '@/lib/api/types'

export const addStudent = (lead: number, student: NewStudent) => data(api.POST('/leads/{id}/students', { params: { path: { id: lead } }, body: student }))
export const changeStudent = (id: number, change: StudentChange, version?: number) =>
  data(api.PATCH('/students/{id}', { params: { path: { id }, header: version === undefined ? {} : seen(version) }, body: change }))
/** Refused as `stale_version` where it was changed since. */
export const removeStudent = (id: number, version: number) =>
  data(api.DELETE('/students/{id}', { params: { path: { id }, header: seen(version) } }))
