import { api, data, seen } from '@/lib/api/client'
import type { CannedReplyChange, NewCannedReply } from '@/lib/api/types'

const at = (id: number) => ({ params: { path: { id } } })
export type CannedReplyFilter = { search?: string | undefined; mine?: boolean | undefined; department_id?: number | undefined; is_active?: boolean | undefined }

export const fetchCannedReplies = (filter: CannedReplyFilter, cursor?: string | null, signal?: AbortSignal) =>
  data(api.GET('/canned-replies', { params: { query: { ...filter, cursor: cursor ?? undefined, limit: 200 } }, signal }))
export const fetchCannedReply = (id: number, signal?: AbortSignal) => data(api.GET('/canned-replies/{id}', { ...at(id), signal: signal ?? null }))
export const createCannedReply = (input: NewCannedReply) => data(api.POST('/canned-replies', { body: input }))
export const changeCannedReply = (id: number, change: CannedReplyChange, version: number) =>
  data(api.PATCH('/canned-replies/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const deleteCannedReply = (id: number, version: number) =>
  data(api.DELETE('/canned-replies/{id}', { params: { path: { id }, header: seen(version) } }))
export const renderCannedReply = (id: number, about: { ticket_id?: number; lead_id?: number }) =>
  data(api.POST('/canned-replies/{id}/render', { ...at(id), body: about }))
