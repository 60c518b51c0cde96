import { api, data } from '@/lib/api/client'
import type { MeChange, SetupInput } from '@/lib/api/types'

export const setupNeeded = () => data(api.GET('/auth/setup'))
export const setUp = (input: SetupInput) => data(api.POST('/auth/setup', { body: input }))
export const logIn = (who: string, password: string) =>
  data(api.POST('/auth/login', { body: who.includes('@') ? { email: who, password } : { username: who, password } }))
export const logOut = () => data(api.POST('/auth/logout'))
export const fetchMe = () => data(api.GET('/auth/me'))
export const changeMe = (change: MeChange) => data(api.PATCH('/auth/me', { body: change }))
export const changePassword = (current_password: string, new_password: string) =>
  data(api.POST('/auth/change-password', { body: { current_password, new_password } }))
export const resetPassword = (token: string, new_password: string) =>
  data(api.POST('/auth/reset-password', { body: { token, new_password } }))
export const fetchSessions = () => data(api.GET('/auth/sessions'))
export const endSession = (id: number) => data(api.DELETE('/auth/sessions/{id}', { params: { path: { id } } }))
export const webSocketTicket = () => data(api.POST('/ws/ticket'))
