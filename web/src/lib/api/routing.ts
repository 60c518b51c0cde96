import { api, data, seen } from '@/lib/api/client'
import type { KeywordChange, NewKeyword, RoutingSettings } from '@/lib/api/types'

export type KeywordFilter = { search?: string | undefined; department_id?: number | undefined }

export const fetchKeywords = (filter: KeywordFilter) =>
  data(api.GET('/keywords', { params: { query: { ...filter, limit: 200 } } }))
export const createKeyword = (input: NewKeyword) => data(api.POST('/keywords', { body: input }))
export const changeKeyword = (id: number, change: KeywordChange, version: number) =>
  data(api.PATCH('/keywords/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const deleteKeyword = (id: number) => data(api.DELETE('/keywords/{id}', { params: { path: { id } } }))

export const fetchRoutingSettings = () => data(api.GET('/routing/settings'))
export const saveRoutingSettings = ({ version, ...settings }: RoutingSettings) =>
  data(api.PUT('/routing/settings', { params: { header: seen(version) }, body: settings }))
export const simulate = (content: string, channel?: string, department_id?: number) =>
  data(api.POST('/routing/simulate', { body: { content, ...(channel ? { channel } : {}), ...(department_id ? { department_id } : {}) } }))
export const fetchQueues = () => data(api.GET('/routing/queues'))
