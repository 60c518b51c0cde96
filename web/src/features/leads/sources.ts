import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { leadSettingsQuery } from '@/lib/api/leads'

/** Where leads come from, and what a source is called; one that is in no list is called by its key. */
export function useSources() {
  const { data } = useQuery(leadSettingsQuery)
  return useMemo(() => {
    const sources = data?.sources ?? []
    const names = new Map(sources.map(source => [source.key, source.name]))
    return { sources, nameOf: (key: string) => names.get(key) ?? key }
  }, [data])
}
