import { api, data, seen } from '@/lib/api/client'
import type { PostToCheck, VendorDefaults, VendorInput, VendorProfileChange } from '@/lib/api/types'

const of = (code: string) => ({ params: { path: { code } } })
const ofPerson = (code: string, id: number) => ({ params: { path: { code, id } } })

export const fetchVendors = () => data(api.GET('/vendors', { params: { query: { limit: 200 } } }))
export const createVendor = (input: VendorInput) => data(api.POST('/vendors', { body: input }))
export const changeVendor = (code: string, change: VendorInput, version: number) =>
  data(api.PATCH('/vendors/{code}', { params: { path: { code }, header: seen(version) }, body: change }))
export const regenerateVendorKey = (code: string) => data(api.POST('/vendors/{code}/regenerate-key', of(code)))
/** What would become of a post; nothing is stored. */
export const checkVendorPost = (code: string, asked: PostToCheck) => data(api.POST('/vendors/{code}/check', { ...of(code), body: asked }))
/** What a new vendor begins with. */
export const fetchVendorDefaults = () => data(api.GET('/admin/vendor-defaults'))
export const putVendorDefaults = (defaults: VendorDefaults, version: number) =>
  data(api.PUT('/admin/vendor-defaults', { params: { header: seen(version) }, body: defaults }))
export const fetchVendorPerformance = (code: string) => data(api.GET('/vendors/{code}/performance', of(code)))
/** A line of the posting log: what was refused is told by field and reason, never by what it held. */
export type VendorPost = { id: number; at: string; outcome: string; lead_id: number | null; faults: { field: string; code: string }[] }
export async function fetchVendorPosts(code: string, outcome: 'accepted' | 'rejected' | 'duplicate' | undefined, cursor: string | null) {
  const page = await data(api.GET('/vendors/{code}/posts', { params: { path: { code }, query: { outcome, cursor: cursor ?? undefined, limit: 20 } } }))
  return { posts: page.posts as unknown as VendorPost[], next_cursor: page.next_cursor }
}
export const fetchVendorUsers = (code: string) => data(api.GET('/vendors/{code}/users', of(code)))
export const createVendorUser = (code: string, input: { email: string; name: string }) =>
  data(api.POST('/vendors/{code}/users', { ...of(code), body: input }))

/** A new link that sets the password; the one before ends. */
export const inviteVendorUser = (code: string, id: number) => data(api.POST('/vendors/{code}/users/{id}/invite', ofPerson(code, id)))
export const changeVendorUser = (code: string, id: number, change: { is_active: boolean }) =>
  data(api.PATCH('/vendors/{code}/users/{id}', { ...ofPerson(code, id), body: change }))

export const fetchPortal = () => data(api.GET('/vendor/dashboard'))
/** `status`: a stage's key; any unless said. */
export const fetchPortalLeads = (status?: string, cursor?: string | null) =>
  data(api.GET('/vendor/leads', { params: { query: { status, cursor: cursor ?? undefined, limit: 50 } } }))
export const fetchPortalPerformance = () => data(api.GET('/vendor/performance'))
export const fetchPortalProfile = () => data(api.GET('/vendor/profile'))
export const changePortalProfile = (change: VendorProfileChange) => data(api.PUT('/vendor/profile', { body: change }))
