import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { fetchApiKeys } from '@/lib/api/admin'
import { keys } from '@/lib/api/keys'
import { leadSettingsQuery } from '@/lib/api/leads'
import { departmentsQuery, peopleQuery } from '@/lib/api/staff'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import type { Known } from '@/ui/timeline-words'

type Named = { id: number; name: string }
const byId = (list: readonly Named[] | undefined) => new Map((list ?? []).map(one => [one.id, one.name]))

/** What people, departments, sources and keys are called, as far as the reader may know; `wantsKeys`: keys are asked for too. */
export function useKnown(wantsKeys: boolean): Known {
  const me = useMe()
  const { data: people } = useQuery({ ...peopleQuery, enabled: can(me, 'users.read') })
  const { data: departments } = useQuery(departmentsQuery)
  const { data: settings } = useQuery({ ...leadSettingsQuery, enabled: can(me, 'leads.read') })
  const { data: known } = useQuery({ queryKey: keys.apiKeys, queryFn: fetchApiKeys, staleTime: 5 * 60_000, enabled: wantsKeys && can(me, 'api_keys.read') })
  return useMemo(
    () => ({
      people: byId(people),
      departments: byId(departments),
      apiKeys: byId(known?.api_keys),
      sources: new Map((settings?.sources ?? []).map(one => [one.key, one.name])),
    }),
    [people, departments, known, settings],
  )
}
