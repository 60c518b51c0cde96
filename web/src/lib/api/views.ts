import { queryOptions } from '@tanstack/react-query'
import { api, data, seen } from '@/lib/api/client'
import { keys } from '@/lib/api/keys'
import type { NewSavedView, SavedViewChange, Screen } from '@/lib/api/types'

/** My saved views of a page, and those that are shared with me. */
export const viewsQuery = (screen: Screen) =>
  queryOptions({
    queryKey: keys.viewsOf(screen),
    queryFn: async () => (await data(api.GET('/views', { params: { query: { screen, limit: 200 } } }))).views,
    staleTime: 60_000,
  })
export const createView = (input: NewSavedView) => data(api.POST('/views', { body: input }))
export const changeView = (id: number, change: SavedViewChange, version: number) =>
  data(api.PATCH('/views/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const deleteView = (id: number, version: number) =>
  data(api.DELETE('/views/{id}', { params: { path: { id }, header: seen(version) } }))
