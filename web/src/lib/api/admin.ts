import { request } from '@/lib/api/client'
import type { ApiKeyList, Channel, ChannelChange, ChannelList, ChannelTest, CreatedApiKey, NewApiKey, NewChannel } from '@/lib/api/types'

export const fetchApiKeys = () => request<ApiKeyList>('GET', '/admin/integrations/api-keys', { query: { limit: 200 } })
export const createApiKey = (input: NewApiKey) => request<CreatedApiKey>('POST', '/admin/integrations/api-keys', { body: input })
export const revokeApiKey = (id: number) => request<void>('DELETE', `/admin/integrations/api-keys/${id}`)

export const fetchChannels = () => request<ChannelList>('GET', '/admin/channels', { query: { limit: 200 } })
export const createChannel = (input: NewChannel) => request<Channel>('POST', '/admin/channels', { body: input })
export const changeChannel = (id: number, change: ChannelChange, version: number) =>
  request<Channel>('PATCH', `/admin/channels/${id}`, { body: change, version })
export const testChannel = (id: number) => request<ChannelTest>('POST', `/admin/channels/${id}/test`)
