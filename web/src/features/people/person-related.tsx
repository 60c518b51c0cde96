import { useMutation, useQueries, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { Part } from '@/features/people/labels'
import { NewContactDialog } from '@/features/people/new-contact'
import { useContacts, usePersonLeads, usePersonTickets } from '@/features/people/queries'
import { keys } from '@/lib/api/keys'
import { createLead, fetchLead, leadSettingsQuery, pipelinesQuery } from '@/lib/api/leads'
import { messageOf } from '@/lib/api/problem'
import type { ContactDetail, LeadRow, TicketRow } from '@/lib/api/types'
import { t as say, tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { dateTime, shortAge, useNow } from '@/lib/time'
import { toastFailure } from '@/lib/toast'
import { Badge, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon, channelName } from '@/ui/channel-icon'
import { Skeleton } from '@/ui/states'

const ROW = 'block rounded-lg border px-2.5 py-2 hover:bg-raised'

const STAGES: Record<LeadRow['stage']['kind'], Tone> = { open: 'accent', won: 'ok', lost: 'mute' }

/** Their leads with the stage of each, those still open first. */
export function PersonLeads({ person, mayAdd }: { person: ContactDetail; mayAdd: boolean }) {
  const t = useT()
  const me = useMe()
  const navigate = useNavigate()
  const { data } = usePersonLeads(person.id)
  const { refreshAll } = usePersonActions()
  const { data: settings } = useQuery(leadSettingsQuery)
  const sourceOf = (key: string) => settings?.sources.find(source => source.key === key)?.name ?? key
  const make = useMutation({
    mutationFn: () => createLead({ contact_id: person.id } as Parameters<typeof createLead>[0]),
    onSuccess: lead => {
      refreshAll()
      void navigate({ to: '/leads/$lead', params: { lead: String(lead.id) } })
    },
    onError: error => toastFailure(messageOf(error), () => make.mutate()),
  })
  return (
    <Part
      title={t('nav.leads')}
      action={mayAdd && can(me, 'leads.create') && <Button variant="ghost" disabled={make.isPending} onClick={() => make.mutate()}><Plus size={13} aria-hidden /> {t('lead.new')}</Button>}
    >
      {!data && <Skeleton className="h-12" />}
      {data?.length === 0 && <p className="text-mute">{t('person.noLeads')}</p>}
      <ul className="space-y-1.5">
        {data?.map(lead => (
          <li key={lead.id}>
            <Link to="/leads/$lead" params={{ lead: String(lead.id) }} className={ROW}>
              <span className="flex items-center gap-2">
                <span className="min-w-0 flex-1 truncate">{lead.contact.erased_at ? t('person.erasedName') : lead.name}</span>
                <Badge tone={STAGES[lead.stage.kind]}>{lead.stage.name}</Badge>
              </span>
              <span className="block truncate text-xs text-mute">{lead.owner?.name ?? t('lead.nobodys')} · {sourceOf(lead.source)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Part>
  )
}

/** Leads whose students are looked up. */
const LOOKED_AT = 5

/** Whom their leads are for; nothing where the pipelines know no students. */
export function Students({ person }: { person: ContactDetail }) {
  const t = useT()
  const { data: leads } = usePersonLeads(person.id)
  const { data: pipelines } = useQuery(pipelinesQuery)
  const wanted = leads?.filter(lead => pipelines?.find(one => one.id === lead.pipeline_id)?.has_students).slice(0, LOOKED_AT) ?? []
  const found = useQueries({
    queries: wanted.map(({ id }) => ({ queryKey: keys.lead(id), queryFn: ({ signal }: { signal: AbortSignal }) => fetchLead(id, signal) })),
    combine: results => results.flatMap(result => result.data?.students ?? []),
  })
  if (found.length === 0) return null
  return (
    <Part title={t('lead.students')}>
      <ul className="space-y-1">
        {found.map(student => (
          <li key={student.id} className="flex justify-between gap-2">
            <Link to="/leads/$lead" params={{ lead: String(student.lead_id) }} className="min-w-0 truncate hover:underline">{student.name}</Link>
            <span className="text-mute">{student.grade_applying_for}</span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

const STATUSES: Record<TicketRow['status'], Tone> = { new: 'accent', open: 'ok', pending_customer: 'warn', resolved: 'mute', closed: 'mute' }

/** Their conversations, as far as the reader may see them. */
export function PersonTickets({ person }: { person: ContactDetail }) {
  const t = useT()
  const now = useNow()
  const { data } = usePersonTickets(person.id)
  const more = (data?.total ?? 0) - (data?.tickets.length ?? 0)
  return (
    <Part title={t('person.tickets')}>
      {!data && <Skeleton className="h-12" />}
      {data?.tickets.length === 0 && <p className="text-mute">{t('person.noTickets')}</p>}
      <ul className="space-y-1.5">
        {data?.tickets.map(ticket => (
          <li key={ticket.id}>
            <Link to="/inbox" search={{ tab: 'all', t: ticket.id }} className={ROW}>
              <span className="flex items-center gap-2">
                <span className="text-mute"><ChannelIcon channel={ticket.channel} size={13} /><span className="sr-only">{channelName(ticket.channel)}</span></span>
                <span className="min-w-0 flex-1 truncate">{ticket.subject}</span>
                <Badge tone={STATUSES[ticket.status]}>{t(`status.${ticket.status}`)}</Badge>
              </span>
              <span className="block truncate text-xs text-mute">#{ticket.number} · {ticket.assigned_agent?.name ?? t('lead.nobodys')} · {shortAge(ticket.last_message_at, now)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="mt-1.5 text-xs text-mute">{tn('person.moreTickets', more)}</p>}
    </Part>
  )
}

/** Who works for a company. */
export function CompanyPeople({ company, mayChange }: { company: ContactDetail; mayChange: boolean }) {
  const t = useT()
  const people = useContacts({ company_id: company.id, sort: 'name' })
  const [isAdding, setAdding] = useState(false)
  return (
    <Part
      title={people.first ? t('person.peopleCount', { n: people.first.total }) : t('nav.people')}
      action={mayChange && <Button variant="ghost" onClick={() => setAdding(true)}><Plus size={13} aria-hidden /> {t('person.new.person')}</Button>}
    >
      {people.isPending && <Skeleton className="h-12" />}
      {people.isSuccess && people.rows.length === 0 && <p className="text-mute">{t('person.noPeople')}</p>}
      <ul className="space-y-1.5">
        {people.rows.map(row => (
          <li key={row.id}>
            <Link to="/people/$contact" params={{ contact: String(row.id) }} className={ROW}>
              <span className="block truncate">{row.name}</span>
              <span className="block truncate text-xs text-mute">{row.methods.map(method => method.value).slice(0, 2).join(' · ')}</span>
            </Link>
          </li>
        ))}
      </ul>
      {people.hasNextPage && <Button className="mt-2" disabled={people.isFetchingNextPage} onClick={() => void people.fetchNextPage()}>{t('lead.more')}</Button>}
      {isAdding && <NewContactDialog kind="person" company={{ id: company.id, name: company.name }} onOpenChange={setAdding} />}
    </Part>
  )
}

/** Who was merged into them, by whom and when, and the way back. */
export function Merges({ person }: { person: ContactDetail }) {
  const t = useT()
  const me = useMe()
  const { unmerge } = usePersonActions()
  return (
    <Part title={t('person.merges')}>
      <ul className="space-y-2">
        {person.merges.map(merge => (
          <li key={merge.merge_id} className="flex items-center gap-2">
            <span className="min-w-0 flex-1">
              <Link to="/people/$contact" params={{ contact: String(merge.other.id) }} className="block truncate hover:underline">{merge.other.name}</Link>
              <span className="block text-xs text-mute">
                {merge.merged_by ? say('person.mergedAtBy', { when: dateTime(merge.merged_at), who: merge.merged_by }) : dateTime(merge.merged_at)}
              </span>
            </span>
            {merge.can_undo && can(me, 'contacts.merge') && (
              <Button aria-label={t('person.unmergeNamed', { name: merge.other.name })} onClick={() => void unmerge(person.id, merge.merge_id)}>{t('person.unmerge')}</Button>
            )}
          </li>
        ))}
      </ul>
    </Part>
  )
}
