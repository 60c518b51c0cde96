import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { keys, type LeadFilter } from '@/lib/api/keys'
import { fetchBoard, fetchLead, fetchLeadDuplicates, fetchLeads, fetchTimeline, pipelinesQuery } from '@/lib/api/leads'
import { fetchTasks } from '@/lib/api/tasks'
import type { Pipeline } from '@/lib/api/types'

const listQuery = (filter: LeadFilter) =>
  infiniteQueryOptions({
    queryKey: keys.leadList(filter),
    queryFn: ({ pageParam, signal }) => fetchLeads(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
    placeholderData: old => old,
    // Comparing all pages field by field with every page that comes costs more than drawing the lines on screen anew.
    structuralSharing: false,
  })

export function useLeads(filter: LeadFilter) {
  const query = useInfiniteQuery(listQuery(filter))
  const rows = useMemo(() => {
    const seen = new Set<number>()
    const all = query.data?.pages.flatMap(page => page.leads) ?? []
    return all.filter(row => !seen.has(row.id) && seen.add(row.id))
  }, [query.data])
  return { ...query, rows, first: query.data?.pages[0] }
}

export const useBoard = (filter: LeadFilter) =>
  useQuery({ queryKey: keys.board(filter), queryFn: ({ signal }) => fetchBoard(filter, signal), placeholderData: old => old })
export const useLead = (id: number) => useQuery({ queryKey: keys.lead(id), queryFn: ({ signal }) => fetchLead(id, signal) })
export const useLeadTimeline = (id: number, types: string) =>
  useInfiniteQuery({
    queryKey: keys.leadTimeline(id, types),
    queryFn: ({ pageParam }) => fetchTimeline(id, types, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
/** Who is likely the lead's person; asked only where the server suspects somebody. */
export const useLeadDuplicates = (id: number, isSuspect: boolean) =>
  useQuery({ queryKey: keys.leadDuplicates(id), queryFn: async ({ signal }) => (await fetchLeadDuplicates(id, signal)).duplicates, enabled: isSuspect })
export const useLeadTasks = (id: number) =>
  useQuery({ queryKey: keys.leadTasks(id), queryFn: async () => (await fetchTasks({ lead_id: id, status: 'pending,in_progress' })).tasks })

/** The pipeline that the address names, else the default one. */
export function usePipeline(id: number | undefined): { pipelines: Pipeline[]; pipeline: Pipeline | undefined } {
  const { data } = useQuery(pipelinesQuery)
  const pipelines = useMemo(() => (data ?? []).filter(p => p.is_active), [data])
  return { pipelines, pipeline: pipelines.find(p => p.id === id) ?? pipelines.find(p => p.is_default) ?? pipelines[0] }
}
