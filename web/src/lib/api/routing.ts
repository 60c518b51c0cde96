import { request } from '@/lib/api/client'
import type { Keyword, KeywordInput, KeywordList, QueueState, RoutingSettings, Simulation } from '@/lib/api/types'

export type KeywordFilter = { search?: string | undefined; department_id?: number | undefined }

export const fetchKeywords = (filter: KeywordFilter) =>
  request<KeywordList>('GET', '/keywords', { query: { ...filter, limit: 200 } })
export const createKeyword = (input: KeywordInput) => request<Keyword>('POST', '/keywords', { body: input })
export const changeKeyword = (id: number, change: KeywordInput, version: number) =>
  request<Keyword>('PATCH', `/keywords/${id}`, { body: change, version })
export const deleteKeyword = (id: number) => request<void>('DELETE', `/keywords/${id}`)

export const fetchRoutingSettings = () => request<RoutingSettings>('GET', '/routing/settings')
export const saveRoutingSettings = ({ version, ...settings }: RoutingSettings) =>
  request<RoutingSettings>('PUT', '/routing/settings', { body: settings, version })
export const simulate = (content: string, channel?: string, department_id?: number) =>
  request<Simulation>('POST', '/routing/simulate', {
    body: { content, ...(channel ? { channel } : {}), ...(department_id ? { department_id } : {}) },
  })
export const fetchQueues = () => request<{ queues: QueueState[] }>('GET', '/routing/queues')
