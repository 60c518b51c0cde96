import { useQuery, useQueryClient } from '@tanstack/react-query'
import { keys } from '@/lib/api/keys'
import { fetchMe } from '@/lib/api/auth'
import type { Me } from '@/lib/api/types'

/** The signed-in user. Only for pages behind the log-in, where it is always known. */
export function useMe(): Me {
  const client = useQueryClient()
  const { data } = useQuery({ queryKey: keys.me, queryFn: fetchMe, staleTime: Infinity })
  const me = data ?? client.getQueryData<Me>(keys.me)
  if (!me) throw new Error('no session')
  return me
}
