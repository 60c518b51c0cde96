import { api, data, seen } from '@/lib/api/client'
import type { InteractionChange } from '@/lib/api/types'

export const changeInteraction = (id: number, change: InteractionChange, version?: number) =>
  data(api.PATCH('/interactions/{id}', { params: { path: { id }, header: version === undefined ? {} : seen(version) }, body: change }))
/** For good. */
export const deleteInteraction = (id: number, keepalive = false) => data(api.DELETE('/interactions/{id}', { params: { path: { id } }, keepalive }))
