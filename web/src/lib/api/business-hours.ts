/** Business hours: when somebody is there. */
import { api, data, seen } from '@/lib/api/client'
import type { BusinessHoursChange, NewBusinessHours } from '@/lib/api/types'

export const createBusinessHours = (draft: NewBusinessHours) => data(api.POST('/business-hours', { body: draft }))
export const changeBusinessHours = (id: number, change: BusinessHoursChange, version: number) =>
  data(api.PATCH('/business-hours/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const deleteBusinessHours = (id: number, version: number) =>
  data(api.DELETE('/business-hours/{id}', { params: { path: { id }, header: seen(version) } }))
