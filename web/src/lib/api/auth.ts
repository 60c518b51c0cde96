import { request } from '@/lib/api/client'
import type { Me, Session, SignIn } from '@/lib/api/types'

export type SetupInput = { token: string; email: string; username?: string; name: string; password: string }

export const setupNeeded = () => request<{ needed: boolean }>('GET', '/auth/setup')
export const setUp = (input: SetupInput) => request<Session>('POST', '/auth/setup', { body: input })
export const logIn = (who: string, password: string) =>
  request<Session>('POST', '/auth/login', { body: who.includes('@') ? { email: who, password } : { username: who, password } })
export const logOut = () => request<void>('POST', '/auth/logout')
export const fetchMe = () => request<Me>('GET', '/auth/me')
export const changeMe = (change: { name?: string; locale?: 'en' | 'vi'; theme?: 'light' | 'dark' | 'system' }) =>
  request<Me>('PATCH', '/auth/me', { body: change })
export const changePassword = (current_password: string, new_password: string) =>
  request<void>('POST', '/auth/change-password', { body: { current_password, new_password } })
export const resetPassword = (token: string, new_password: string) =>
  request<void>('POST', '/auth/reset-password', { body: { token, new_password } })
export const fetchSessions = () => request<{ sessions: SignIn[] }>('GET', '/auth/sessions')
export const endSession = (id: number) => request<void>('DELETE', `/auth/sessions/${id}`)
export const webSocketTicket = () => request<{ ticket: string; expires_in: number }>('POST', '/ws/ticket')
