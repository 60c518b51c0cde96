import { useMutation, useQueryClient } from '@tanstack/react-query'
import { keys } from '@/lib/api/keys'
import { setStatus } from '@/lib/api/staff'
import type { Me, Presence } from '@/lib/api/types'
import { useMe } from '@/lib/me'
import { toastFailure } from '@/lib/toast'

/** Changes the signed-in user's availability at once; a refusal puts it back. */
export function useAvailability(): (status: Presence) => void {
  const client = useQueryClient()
  const me = useMe()
  const change = useMutation({
    mutationFn: (status: Presence) => setStatus(me.id, status),
    onMutate: status => {
      const before = me.status
      client.setQueryData<Me>(keys.me, old => (old ? { ...old, status } : old))
      return before
    },
    onSuccess: user => client.setQueryData<Me>(keys.me, old => (old ? { ...old, status: user.status, load: user.load } : old)),
    onError: (error, status, before) => {
      if (before) client.setQueryData<Me>(keys.me, old => (old ? { ...old, status: before } : old))
      toastFailure(error.message, () => change.mutate(status))
    },
  })
  return change.mutate
}
