import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Contact as ContactIcon } from 'lucide-react'
import { otherAddresses } from '@/features/leads/other-addresses'
import { keys } from '@/lib/api/keys'
import { fetchContact } from '@/lib/api/tickets'
import type { Lead } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { ChannelIcon, channelName } from '@/ui/channel-icon'

/** Addresses that came with the lead and are somebody else's: the two may be one person, which somebody has to say. */
export function LeadOtherAddresses({ lead }: { lead: Lead }) {
  const t = useT()
  const me = useMe()
  const given = otherAddresses(lead)
  const holders = [...new Set(given.map(one => one.contact_id))]
  const mayRead = can(me, 'contacts.read')
  const found = useQueries({ queries: holders.map(id => ({ queryKey: keys.contact(id), queryFn: () => fetchContact(id), enabled: mayRead, retry: false })) })
  const holderOf = (id: number) => found[holders.indexOf(id)]?.data
  // Whoever was merged into the lead's own person since is no other one any more.
  const left = given.filter(one => holderOf(one.contact_id)?.merged_into_id !== lead.contact_id)
  if (left.length === 0) return null
  return (
    <section aria-label={t('lead.others')} className="rounded-xl border border-warn/40 bg-panel px-4 py-3">
      <h2 className="flex items-center gap-2 font-medium"><ContactIcon size={15} className="text-warn" aria-hidden /> {t('lead.others')}</h2>
      <ul className="mt-1.5 space-y-1.5">
        {left.map(one => {
          const holder = holderOf(one.contact_id)
          return (
            <li key={`${one.type} ${one.value}`} className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <ChannelIcon channel={one.type} size={14} />
              <span className="sr-only">{channelName(one.type)}</span>
              <span className="min-w-0 truncate font-medium">{one.value}</span>
              <span className="text-mute">
                {t('lead.others.of')}{' '}
                {holder ? <Link to="/people/$contact" params={{ contact: String(holder.id) }} className="font-medium text-accent hover:underline">{holder.name}</Link> : t('lead.others.somebody')}
              </span>
              {holder && can(me, 'contacts.merge') && (
                <Link
                  to="/people/$contact"
                  params={{ contact: String(lead.contact_id) }}
                  search={{ merge: holder.id }}
                  aria-label={t('same.compareNamed', { name: holder.name })}
                  className="ml-auto inline-flex h-7 items-center rounded-md border bg-panel px-2.5 text-xs font-medium hover:bg-raised max-sm:ml-0"
                >
                  {t('same.compare')}
                </Link>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
