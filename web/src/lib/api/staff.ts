import { queryOptions } from '@tanstack/react-query'
import { request } from '@/lib/api/client'
import { keys } from '@/lib/api/keys'
import type {
  CreatedUser,
  Department,
  DepartmentInput,
  DepartmentList,
  NewDepartment,
  NewUser,
  Presence,
  User,
  UserChange,
  UserList,
} from '@/lib/api/types'

export type UserFilter = { search?: string | undefined; role?: string | undefined; department_id?: number | undefined; active?: boolean | undefined }

export const fetchUsers = (filter: UserFilter, cursor?: string | null) =>
  request<UserList>('GET', '/users', { query: { ...filter, cursor, limit: 200, sort: 'name' } })
export const createUser = (input: NewUser) => request<CreatedUser>('POST', '/users', { body: input })
export const changeUser = (id: number, change: UserChange, version: number) =>
  request<User>('PATCH', `/users/${id}`, { body: change, version })
export const deactivateUser = (id: number) => request<void>('DELETE', `/users/${id}`)
export const setStatus = (id: number, status: Presence) => request<User>('PUT', `/users/${id}/status`, { body: { status } })

export const fetchDepartments = () => request<DepartmentList>('GET', '/departments', { query: { limit: 200 } })
export const createDepartment = (input: NewDepartment) => request<Department>('POST', '/departments', { body: input })
export const changeDepartment = (id: number, change: DepartmentInput, version: number) =>
  request<Department>('PATCH', `/departments/${id}`, { body: change, version })
export const setMembers = (id: number, members: { user_id: number; is_manager?: boolean; is_primary?: boolean }[]) =>
  request<Department>('PUT', `/departments/${id}/members`, { body: { members } })

/** Everybody work can go to: what the assign menus and member pickers offer. */
export const peopleQuery = queryOptions({
  queryKey: keys.people,
  queryFn: async () => (await fetchUsers({ active: true })).users,
  staleTime: 5 * 60_000,
})
export const departmentsQuery = queryOptions({
  queryKey: keys.departments,
  queryFn: async () => (await fetchDepartments()).departments,
  staleTime: 5 * 60_000,
})
