/** What the lead desk is set up with: pipelines, and what is said of all leads. */
import { queryOptions } from '@tanstack/react-query'
import { api, data, seen } from '@/lib/api/client'
import { keys } from '@/lib/api/keys'
import type { LeadSettingsInput, NewPipeline, PipelineChange } from '@/lib/api/types'

const at = (id: number) => ({ params: { path: { id } } })

export const createPipeline = (draft: NewPipeline) => data(api.POST('/pipelines', { body: draft }))
export const changePipeline = (id: number, change: PipelineChange, version: number) =>
  data(api.PATCH('/pipelines/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
/** Out of use; it can be taken in again. */
export const retirePipeline = (id: number, version: number) =>
  data(api.DELETE('/pipelines/{id}', { params: { path: { id }, header: seen(version) } }))
/** Its leads go to the stage `move_to`, in the background. */
export const removeStage = (id: number, stage_id: number, version: number, away: { move_to?: string | undefined; reason?: string | undefined }) =>
  data(api.DELETE('/pipelines/{id}/stages/{stage_id}', { params: { path: { id, stage_id }, query: away, header: seen(version) } }))
/** How many leads are in each stage. */
export const fetchStageCounts = async (pipeline_id: number) =>
  (await data(api.GET('/pipeline/summary', { params: { query: { pipeline_id } } }))).stages

/** The hours in which somebody is there, the default ones first: what time limits may be counted in. */
export const businessHoursQuery = queryOptions({
  queryKey: keys.businessHours,
  queryFn: async () => {
    const { business_hours } = await data(api.GET('/business-hours', { params: { query: { limit: 200 } } }))
    return business_hours.sort((a, b) => Number(b.is_default) - Number(a.is_default))
  },
  staleTime: 60_000,
})

export const saveLeadSettings = (settings: LeadSettingsInput, version: number) =>
  data(api.PUT('/leads/settings', { params: { header: seen(version) }, body: settings }))
/** What the scores of the newest leads would be; nothing is stored. */
export const previewScores = (settings: LeadSettingsInput, signal?: AbortSignal) =>
  data(api.POST('/leads/settings/preview', { body: settings, signal }))
export const fetchRescoring = () => data(api.GET('/leads/rescoring'))
export const beginRescoring = () => data(api.POST('/leads/rescoring'))

/** Everybody who can be given leads, with what they have and take. */
export const fetchLeadAgents = () => data(api.GET('/leads/agents'))
/** Null: the desk's usual number. */
export const setLeadCapacity = (id: number, max_capacity: number | null) =>
  data(api.PUT('/agents/{id}/lead-capacity', { ...at(id), body: { max_capacity } }))
