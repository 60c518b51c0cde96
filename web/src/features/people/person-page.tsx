import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Contact as ContactIcon, GitMerge, ShieldX, type LucideIcon } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { personRoute } from '@/features/people/filter'
import { MergeDialog } from '@/features/people/merge-dialog'
import { PersonFacts } from '@/features/people/person-facts'
import { PersonHeader } from '@/features/people/person-header'
import { PersonMethods } from '@/features/people/person-methods'
import { CompanyPeople, Merges, PersonLeads, PersonTickets, Students } from '@/features/people/person-related'
import { usePerson, usePersonLeads, usePersonTimeline } from '@/features/people/queries'
import { useDismiss } from '@/features/people/use-dismiss'
import { pipelinesQuery } from '@/lib/api/leads'
import { Problem } from '@/lib/api/problem'
import type { ContactDetail } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { dateTime } from '@/lib/time'
import { Button } from '@/ui/button'
import { LogComposer, mayMessage } from '@/ui/log-composer'
import { SamePerson } from '@/ui/same-person'
import { Empty, Failed, Skeleton } from '@/ui/states'
import { entryTypes, Timeline, type TimelinePart } from '@/ui/timeline'

/** One person or company: how they are reached, what is open with them, and everything that happened. */
export function PersonPage() {
  const t = useT()
  const id = Number(personRoute.useParams().contact)
  const query = usePerson(id)
  const person = query.data
  useEffect(() => {
    document.title = `${person?.name ?? t('nav.people')} · Frontdesk`
  }, [t, person?.name])
  if (query.isError && !person) {
    const isGone = query.error instanceof Problem && query.error.status === 404
    return (
      <main className="flex-1">
        {isGone ? <Empty icon={ContactIcon} title={t('person.gone')} text={t('person.goneHint')} isPage /> : <Failed error={query.error} retry={() => void query.refetch()} />}
      </main>
    )
  }
  if (!person) return <main className="flex-1 space-y-4 p-6" aria-busy><Skeleton className="h-12" /><Skeleton className="h-80" /></main>
  return <Person key={person.id} person={person} />
}

/** Whether there is still somebody to change. */
const stands = (person: ContactDetail) => person.merged_into_id === null && person.erased_at === null

function Person({ person }: { person: ContactDetail }) {
  const t = useT()
  const me = useMe()
  const { merge } = personRoute.useSearch()
  const navigate = personRoute.useNavigate()
  const dismiss = useDismiss(person.id)
  const mayChange = can(me, 'contacts.write') && stands(person)
  const mayMerge = can(me, 'contacts.merge') && stands(person)
  return (
    <main className="flex min-w-0 flex-1 flex-col overflow-auto">
      <PersonHeader person={person} mayChange={mayChange} mayMerge={mayMerge} />
      <div className="space-y-4 p-4 pb-0 empty:hidden">
        <MergedAway person={person} />
        {person.erased_at && <Notice icon={ShieldX}>{t('person.erasedAt', { when: dateTime(person.erased_at) })}</Notice>}
        {stands(person) && <SamePerson contact={person.id} suspects={dismiss.left(person.duplicates)} mayMerge={mayMerge} onDismiss={mayChange ? other => dismiss.run(other.id) : undefined} />}
      </div>
      <div className="flex flex-1 items-start gap-4 p-4 max-lg:flex-col">
        <aside aria-label={t('person.facts')} className="w-88 shrink-0 divide-y rounded-xl border bg-panel max-lg:w-full">
          <PersonFacts person={person} mayChange={mayChange} />
          <PersonMethods person={person} mayChange={mayChange} />
          {person.kind === 'company' && <CompanyPeople company={person} mayChange={mayChange} />}
          {can(me, 'leads.read') && <PersonLeads person={person} mayAdd={stands(person)} />}
          {can(me, 'leads.read') && <Students person={person} />}
          {can(me, 'tickets.read') && <PersonTickets person={person} />}
          {person.merges.length > 0 && <Merges person={person} />}
        </aside>
        <section aria-label={t('lead.timeline')} className="min-w-0 flex-1 space-y-4 max-lg:w-full">
          <History person={person} />
        </section>
      </div>
      {merge !== undefined && mayMerge && (
        <MergeDialog
          one={person.id}
          other={merge}
          onMerged={winner => void navigate({ params: { contact: String(winner) }, search: {}, replace: true })}
          onOpenChange={() => void navigate({ search: old => ({ ...old, merge: undefined }), replace: true })}
        />
      )}
    </main>
  )
}

const Notice = ({ icon: Icon, children }: { icon: LucideIcon; children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl border bg-panel px-4 py-3">
    <Icon size={15} className="shrink-0 text-mute" aria-hidden />
    {children}
  </div>
)

/** Whoever was merged into somebody says where everything went, and how to take it back. */
function MergedAway({ person }: { person: ContactDetail }) {
  const t = useT()
  const me = useMe()
  const { unmerge } = usePersonActions()
  const { data: winner } = usePerson(person.merged_into_id ?? person.id)
  if (person.merged_into_id === null || !winner) return null
  const record = winner.merges.find(one => one.other.id === person.id)
  return (
    <Notice icon={GitMerge}>
      <span>
        {t('person.mergedInto')}{' '}
        <Link to="/people/$contact" params={{ contact: String(winner.id) }} className="font-medium text-accent hover:underline">{winner.name}</Link>
      </span>
      {record?.can_undo && can(me, 'contacts.merge') && <Button className="ml-auto" onClick={() => void unmerge(winner.id, record.merge_id)}>{t('person.unmerge')}</Button>}
    </Notice>
  )
}

/** What happened, and what is added to it: by a lead, where there is one to write it down for. */
function History({ person }: { person: ContactDetail }) {
  const t = useT()
  const me = useMe()
  const { show } = personRoute.useSearch()
  const navigate = personRoute.useNavigate()
  const { refresh } = usePersonActions()
  const part: TimelinePart = show ?? ''
  const query = usePersonTimeline(person.id, entryTypes(part))
  const { data } = usePersonLeads(person.id)
  const leads = can(me, 'leads.read') ? data : []
  const { data: pipelines } = useQuery({ ...pipelinesQuery, enabled: can(me, 'leads.read') })
  const names = {
    of: (lead: number) => {
      const row = leads?.find(one => one.id === lead)
      return row && { pipeline: pipelines?.find(one => one.id === row.pipeline_id), currency: row.currency, owner: row.owner, vendor: row.vendor }
    },
    lead: (id: number) => (leads && leads.length > 1 ? leads.find(row => row.id === id)?.name : undefined),
  }
  const mayLog = can(me, 'leads.write') && stands(person)
  return (
    <>
      {(mayLog || (mayMessage(me) && stands(person))) && leads && <LogComposer leads={leads} contact={person} onSaved={() => refresh(person.id)} />}
      {mayLog && leads?.length === 0 && <p className="rounded-xl border border-dashed px-4 py-3 text-mute">{t('person.logNeedsLead')}</p>}
      <Timeline query={query} part={part} choose={next => void navigate({ search: old => ({ ...old, show: next || undefined }), replace: true })} names={names} />
    </>
  )
}
