import { queryOptions } from '@tanstack/react-query'
import { api, data, seen } from '@/lib/api/client'
import { keys } from '@/lib/api/keys'
import type { DepartmentChange, MembersInput, NewDepartment, NewUser, Presence, UserChange } from '@/lib/api/types'

export type UserFilter = { search?: string | undefined; role?: string | undefined; department_id?: number | undefined; active?: boolean | undefined }

export const fetchUsers = (filter: UserFilter, cursor?: string | null) =>
  data(api.GET('/users', { params: { query: { ...filter, cursor: cursor ?? undefined, limit: 200, sort: 'name' } } }))
export const createUser = (input: NewUser) => data(api.POST('/users', { body: input }))
export const changeUser = (id: number, change: UserChange, version: number) =>
  data(api.PATCH('/users/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const deactivateUser = (id: number) => data(api.DELETE('/users/{id}', { params: { path: { id } } }))
export const setStatus = (id: number, status: Presence) =>
  data(api.PUT('/users/{id}/status', { params: { path: { id } }, body: { status } }))

export const fetchDepartments = () => data(api.GET('/departments', { params: { query: { limit: 200 } } }))
export const createDepartment = (input: NewDepartment) => data(api.POST('/departments', { body: input }))
export const changeDepartment = (id: number, change: DepartmentChange, version: number) =>
  data(api.PATCH('/departments/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const setMembers = (id: number, members: MembersInput) =>
  data(api.PUT('/departments/{id}/members', { params: { path: { id } }, body: { members } }))

/** Everybody work can go to: what the assign menus and member pickers offer. */
export const peopleQuery = queryOptions({
  queryKey: keys.people,
  queryFn: async () => (await fetchUsers({ active: true })).users,
  staleTime: 5 * 60_000,
})
/** Every role, with what it is called here. */
export const rolesQuery = queryOptions({
  queryKey: keys.roles,
  queryFn: async () => (await data(api.GET('/admin/roles'))).roles,
  staleTime: 5 * 60_000,
})
export const departmentsQuery = queryOptions({
  queryKey: keys.departments,
  queryFn: async () => (await fetchDepartments()).departments,
  staleTime: 5 * 60_000,
})
