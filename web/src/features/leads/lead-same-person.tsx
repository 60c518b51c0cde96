import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useLeadDuplicates } from '@/features/leads/queries'
import { keys } from '@/lib/api/keys'
import { dismissLeadDuplicate } from '@/lib/api/leads'
import { messageOf } from '@/lib/api/problem'
import type { Lead } from '@/lib/api/types'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toastFailure } from '@/lib/toast'
import { SamePerson } from '@/ui/same-person'

/** Whether the lead's person is in the desk twice. */
export function LeadSamePerson({ lead }: { lead: Lead }) {
  const me = useMe()
  const client = useQueryClient()
  const { data } = useLeadDuplicates(lead.id, lead.is_duplicate_suspect && can(me, 'contacts.read'))
  const dismiss = useMutation({
    mutationFn: (other: number) => dismissLeadDuplicate(lead.id, other),
    onError: (error, other) => toastFailure(messageOf(error), () => dismiss.mutate(other)),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.lead(lead.id) })
      void client.invalidateQueries({ queryKey: keys.contact(lead.contact_id) })
      void client.invalidateQueries({ queryKey: keys.duplicates })
    },
  })
  if (!data) return null
  const left = data.filter(({ contact }) => !(dismiss.isPending && dismiss.variables === contact.id))
  return (
    <SamePerson
      contact={lead.contact_id}
      suspects={left.map(({ contact, reason }) => ({ id: contact.id, name: contact.name, reason }))}
      mayMerge={can(me, 'contacts.merge')}
      onDismiss={can(me, 'leads.write') && !lead.archived_at ? other => dismiss.mutate(other.id) : undefined}
    />
  )
}
