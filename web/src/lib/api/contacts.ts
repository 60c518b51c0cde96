import { api, data } from '@/lib/api/client'
import type { ContactFilter } from '@/lib/api/keys'
import type { ContactChange, ContactMethodChange, NewContact, NewContactMethod } from '@/lib/api/types'

const at = (id: number) => ({ params: { path: { id } } })
/** Values that the address joins by commas. */
const several = <T extends string>(words: string) => (words ? (words.split(',') as T[]) : undefined)

export const fetchContacts = (filter: ContactFilter, cursor?: string | null, signal?: AbortSignal) =>
  data(api.GET('/contacts', { params: { query: { ...filter, search: filter.search?.trim() || undefined, cursor: cursor ?? undefined, limit: 50 } }, signal }))
export const createContact = (input: NewContact) => data(api.POST('/contacts', { body: input }))
export const changeContact = (id: number, change: ContactChange) => data(api.PATCH('/contacts/{id}', { ...at(id), body: change }))
export const blockContact = (id: number) => data(api.POST('/contacts/{id}/block', at(id)))
export const unblockContact = (id: number) => data(api.POST('/contacts/{id}/unblock', at(id)))

export const addMethod = (contact: number, input: NewContactMethod) => data(api.POST('/contacts/{id}/methods', { ...at(contact), body: input }))
export const changeMethod = (id: number, change: ContactMethodChange) => data(api.PATCH('/contact-methods/{id}', { ...at(id), body: change }))
export const removeMethod = (id: number) => data(api.DELETE('/contact-methods/{id}', at(id)))

/** Makes `loser` a part of `winner`. */
export const mergeContacts = (winner: number, loser: number) => data(api.POST('/contacts/{id}/merge', { ...at(winner), body: { other_id: loser } }))
export const unmergeContacts = (contact: number, merge_id: number) => data(api.POST('/contacts/{id}/unmerge', { ...at(contact), body: { merge_id } }))

/** Who is likely in the desk twice, over all contacts. A page may be short, or empty, before the last one. */
export const fetchDuplicates = (cursor?: string | null, signal?: AbortSignal) =>
  data(api.GET('/contacts/duplicates', { params: { query: { cursor: cursor ?? undefined, limit: 50 } }, signal }))
/** Says that two are two; they are not suggested again. */
export const dismissDuplicate = (contact: number, other: number) =>
  data(api.POST('/contacts/{id}/duplicates/dismiss', { ...at(contact), body: { contact_id: other } }))

/** What erasing somebody would replace, or how far it is. */
export const fetchErasure = (id: number, signal?: AbortSignal) => data(api.GET('/contacts/{id}/erasure', { ...at(id), signal }))
/** For good; `confirm` is the exact name. */
export const eraseContact = (id: number, confirm: string) => data(api.DELETE('/contacts/{id}', { params: { path: { id }, query: { confirm } } }))

export const fetchContactTimeline = (id: number, types: string, cursor?: string | null, signal?: AbortSignal) =>
  data(api.GET('/contacts/{id}/timeline', { params: { path: { id }, query: { types: several(types), cursor: cursor ?? undefined, limit: 50 } }, signal }))
