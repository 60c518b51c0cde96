import { api, data } from '@/lib/api/client'

export const countUnread = async (signal?: AbortSignal) => (await data(api.GET('/notifications/count', { signal }))).unread
export const fetchNotifications = (cursor: string | null) =>
  data(api.GET('/notifications', { params: { query: { cursor: cursor ?? undefined, limit: 20 } } }))
export const readNotification = (id: number) => data(api.PATCH('/notifications/{id}/read', { params: { path: { id } } }))
export const readAllNotifications = () => data(api.POST('/notifications/mark-all-read'))
