import { useQuery } from '@tanstack/react-query'
import { keys } from '@/lib/api/keys'
import { fetchKeywords, fetchQueues, fetchRoutingSettings, type KeywordFilter } from '@/lib/api/routing'

export const useKeywords = (filter: KeywordFilter) =>
  useQuery({ queryKey: keys.keywordSearch(filter), queryFn: () => fetchKeywords(filter), placeholderData: old => old })
export const useRoutingSettings = () => useQuery({ queryKey: keys.routingSettings, queryFn: fetchRoutingSettings })
/** Live events mark it stale; the interval catches what only time changes. */
export const useQueues = () => useQuery({ queryKey: keys.queues, queryFn: fetchQueues, refetchInterval: 30_000 })
