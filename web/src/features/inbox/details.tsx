import { Dialog } from 'radix-ui'
import { Link } from '@tanstack/react-router'
import { Ban, X } from 'lucide-react'
import { useMemo, type ReactNode } from 'react'
import { useTicketActions } from '@/features/inbox/actions'
import { StatusBadge, PriorityBadge } from '@/features/inbox/labels'
import { LeadSection } from '@/features/inbox/lead-section'
import { useContact, useContactTickets, useLoadedRows, useSpamActivities, useTicket } from '@/features/inbox/queries'
import { Section } from '@/features/inbox/section'
import { openMenu, picker } from '@/features/inbox/state'
import { WhyMe } from '@/features/inbox/why-me'
import type { Ticket } from '@/lib/api/types'
import { tOr, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { useStoreIs } from '@/lib/store'
import { dateTime, shortAge, useNow } from '@/lib/time'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon, channelName } from '@/ui/channel-icon'
import { SpamParts } from '@/ui/lazy-spam-parts'
import { Skeleton } from '@/ui/states'
import { Tags } from '@/ui/tags'

export function Details({ id }: { id: number }) {
  const t = useT()
  return (
    <aside aria-label={t('details.title')} className="w-[300px] shrink-0 overflow-auto border-l bg-panel">
      <DetailsBody id={id} />
    </aside>
  )
}

/** The same beside the thread where there is no room for a third pane. */
export function DetailsSheet({ id, onOpenChange }: { id: number; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  return (
    <Dialog.Root open onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Content aria-describedby={undefined} className="fixed inset-y-0 right-0 z-50 w-80 max-w-[calc(100vw-2rem)] overflow-auto border-l bg-panel shadow-2xl">
          <div className="flex items-center justify-between border-b px-4 py-2">
            <Dialog.Title className="font-semibold">{t('details.title')}</Dialog.Title>
            <Dialog.Close asChild>
              <Button variant="ghost" size="icon" aria-label={t('common.close')}><X size={16} aria-hidden /></Button>
            </Dialog.Close>
          </div>
          <DetailsBody id={id} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function DetailsBody({ id }: { id: number }) {
  const { ticket } = useTicket(id)
  if (!ticket) {
    return (
      <div className="space-y-4 p-4" aria-busy>
        <Skeleton className="h-11" />
        <Skeleton className="h-32" />
        <Skeleton className="h-24" />
      </div>
    )
  }
  return (
    <div className="divide-y">
      <Person ticket={ticket} />
      <LeadSection key={ticket.contact.id} contact={ticket.contact.id} />
      <Facts ticket={ticket} />
      {ticket.is_spam ? <SpamReasons ticket={ticket} /> : <WhyMe ticket={ticket} />}
      <Earlier ticket={ticket} />
    </div>
  )
}

function Person({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const me = useMe()
  const { data: contact } = useContact(ticket.contact.id)
  return (
    <section aria-label={t('details.person')} className="p-4">
      <div className="flex items-center gap-3">
        <Avatar name={ticket.contact.name} size={44} />
        <div className="min-w-0">
          <p className="truncate text-[15px] font-semibold">
            {can(me, 'contacts.read') ? (
              <Link to="/people/$contact" params={{ contact: String(ticket.contact.id) }} className="hover:underline">{ticket.contact.name}</Link>
            ) : (
              ticket.contact.name
            )}
          </p>
          <p className="truncate text-xs text-mute">{ticket.customer.primary_email ?? ticket.customer.channel_identity}</p>
        </div>
      </div>
      {contact?.is_blocked && <Badge tone="danger" className="mt-2"><Ban size={11} aria-hidden /> {t('details.blocked')}</Badge>}
      <ul className="mt-3 space-y-1">
        {contact?.methods.filter(method => method.is_active).map(method => (
          <li key={method.id} className="flex items-center gap-2">
            <span className="text-mute"><ChannelIcon channel={method.kind} size={13} /></span>
            <span className="sr-only">{channelName(method.kind)}</span>
            <span className="min-w-0 flex-1 truncate" title={method.value}>{method.value}</span>
            {method.opted_out_at && <Badge tone="warn">{t('details.optedOut')}</Badge>}
            {method.is_primary && <Badge>{t('details.primary')}</Badge>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Facts({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const rows: [string, ReactNode][] = [
    [t('ticket.status'), <StatusBadge status={ticket.status} />],
    [t('ticket.priority'), <PriorityBadge priority={ticket.priority} />],
    [t('ticket.assignee'), ticket.assigned_agent?.name ?? t('ticket.nobody')],
    [t('ticket.department'), ticket.department?.name ?? t('common.none')],
    [t('ticket.channel'), ticket.channel_account ? `${channelName(ticket.channel)} · ${ticket.channel_account.name}` : channelName(ticket.channel)],
    [t('ticket.created'), dateTime(ticket.created_at)],
    ...(ticket.first_response_at ? [[t('ticket.firstResponse'), dateTime(ticket.first_response_at)] as [string, ReactNode]] : []),
    ...(ticket.resolved_at ? [[t('ticket.resolvedAt'), dateTime(ticket.resolved_at)] as [string, ReactNode]] : []),
  ]
  return (
    <Section title={t('details.ticket')}>
      <dl className="grid grid-cols-[92px_1fr] gap-y-2">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-mute">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
        <dt className="text-mute">{t('ticket.tags')}</dt>
        <dd><TicketTags ticket={ticket} /></dd>
      </dl>
    </Section>
  )
}

function TicketTags({ ticket }: { ticket: Ticket }) {
  const me = useMe()
  const actions = useTicketActions()
  const isOpen = useStoreIs(picker, now => now?.ticket === ticket.id && now.menu === 'tags')
  return (
    <Tags
      tags={ticket.tags}
      known={useKnownTags(ticket, isOpen)}
      mayWrite={can(me, 'tickets.write')}
      open={isOpen}
      onOpenChange={on => openMenu(ticket.id, 'tags', on)}
      onChange={tags => actions.setTags(ticket.id, tags)}
      tidy={typed => typed.toLowerCase()}
    />
  )
}

/** Tags in use on what is loaded: the ones most likely wanted. */
function useKnownTags(ticket: Ticket, isAsked: boolean): string[] {
  const rows = useLoadedRows()
  return useMemo(() => (isAsked ? [...new Set([...ticket.tags, ...rows().flatMap(row => row.tags)])].sort() : ticket.tags), [isAsked, rows, ticket.tags])
}

function Earlier({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const now = useNow()
  const { data } = useContactTickets(ticket.contact.id)
  const earlier = data?.filter(row => row.id !== ticket.id)
  return (
    <Section title={t('details.earlier')}>
      {!earlier && <Skeleton className="h-12" />}
      {earlier?.length === 0 && <p className="text-mute">{t('details.noEarlier')}</p>}
      <ul className="space-y-1.5">
        {earlier?.map(row => (
          <li key={row.id}>
            <Link from="/inbox" to="/inbox" search={old => ({ ...old, t: row.id })} preload={false} className="block rounded-lg border px-2.5 py-2 hover:bg-raised">
              <span className="block truncate">{row.subject}</span>
              <span className="flex items-center gap-2 text-xs text-mute">
                #{row.number} · {shortAge(row.last_message_at, now)} <StatusBadge status={row.status} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** Why the desk thought this was spam. */
function SpamReasons({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const me = useMe()
  const { data } = useSpamActivities(can(me, 'spam.read'))
  const about = data?.filter(activity => activity.ticket_id === ticket.id || activity.contact_id === ticket.contact.id).slice(0, 5) ?? []
  return (
    <Section title={t('spam.why')}>
      {about.length === 0 && <p className="text-mute">{t('spam.noReason')}</p>}
      <ul className="space-y-3">
        {about.map(activity => (
          <li key={activity.id} className="rounded-lg border px-2.5 py-2">
            <div className="flex items-center gap-2">
              <span className="min-w-0 flex-1 truncate font-medium">{tOr(`spam.reason.${activity.spam_reason}`, activity.spam_reason)}</span>
              <Badge tone="danger">{Math.round(activity.score * 100)}</Badge>
            </div>
            <p className="text-xs text-mute">
              {t(`spam.by.${activity.flagged_by}`)} · {dateTime(activity.spam_date)}
            </p>
            <div className="mt-1.5"><SpamParts parts={activity.parts} /></div>
          </li>
        ))}
      </ul>
    </Section>
  )
}
