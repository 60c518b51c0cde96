import { api, data, seen } from '@/lib/api/client'
import type { ChannelChange, NewApiKey, NewChannel } from '@/lib/api/types'

const ALL = { params: { query: { limit: 200 } } }
const at = (id: number) => ({ params: { path: { id } } })

export const fetchApiKeys = () => data(api.GET('/admin/integrations/api-keys', ALL))
export const createApiKey = (input: NewApiKey) => data(api.POST('/admin/integrations/api-keys', { body: input }))
export const revokeApiKey = (id: number) => data(api.DELETE('/admin/integrations/api-keys/{id}', at(id)))

export const fetchChannels = () => data(api.GET('/admin/channels', ALL))
export const createChannel = (input: NewChannel) => data(api.POST('/admin/channels', { body: input }))
export const changeChannel = (id: number, change: ChannelChange, version: number) =>
  data(api.PATCH('/admin/channels/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const testChannel = (id: number) => data(api.POST('/admin/channels/{id}/test', at(id)))
