import { useMutation, useQueryClient } from '@tanstack/react-query'
import { dismissDuplicate } from '@/lib/api/contacts'
import { keys } from '@/lib/api/keys'
import { messageOf } from '@/lib/api/problem'
import { toastFailure } from '@/lib/toast'

/** Says that two are two; the suggestion goes at once, and comes back when that was refused. */
export function useDismiss(contact: number) {
  const client = useQueryClient()
  const dismiss = useMutation({
    mutationFn: (other: number) => dismissDuplicate(contact, other),
    onError: (error, other) => toastFailure(messageOf(error), () => dismiss.mutate(other)),
    onSettled: () =>
      Promise.all([keys.contact(contact), keys.duplicates, keys.leadOf].map(queryKey => client.invalidateQueries({ queryKey }))),
  })
  return {
    run: (other: number) => dismiss.mutate(other),
    left: <T extends { id: number }>(suspects: T[]): T[] => suspects.filter(other => !(dismiss.isPending && dismiss.variables === other.id)),
  }
}
