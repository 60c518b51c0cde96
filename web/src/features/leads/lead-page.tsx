import { Archive, ArchiveRestore, ArrowLeft, SquareKanban, UsersRound } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import { leadRoute } from '@/features/leads/filter'
import { InteractionActs } from '@/features/leads/interaction-acts'
import { AgingBadge, leadName } from '@/features/leads/labels'
import { LeadCommands } from '@/features/leads/lead-commands'
import { LeadFacts } from '@/features/leads/lead-facts'
import { LeadOtherAddresses } from '@/features/leads/lead-other-addresses'
import { LeadSamePerson } from '@/features/leads/lead-same-person'
import { useLead, useLeadTimeline, usePipeline } from '@/features/leads/queries'
import { StageBar } from '@/features/leads/stage-bar'
import { Problem } from '@/lib/api/problem'
import type { Lead, Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { dateTime, useNow } from '@/lib/time'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { LogComposer, mayMessage } from '@/ui/log-composer'
import { Empty, Failed, Skeleton } from '@/ui/states'
import { entryTypes, Timeline, type TimelinePart } from '@/ui/timeline'

/** One lead: who, where it stands, what is to be done, and everything that happened. */
export function LeadPage() {
  const t = useT()
  const id = Number(leadRoute.useParams().lead)
  const query = useLead(id)
  const { pipelines } = usePipeline(undefined)
  const lead = query.data
  useEffect(() => {
    document.title = `${lead ? leadName(lead) : t('nav.leads')} · Frontdesk`
  }, [t, lead])
  if (query.isError && !lead) {
    const isGone = query.error instanceof Problem && query.error.status === 404
    return (
      <main className="flex-1">
        {isGone ? <Empty icon={UsersRound} title={t('lead.gone')} text={t('lead.goneHint')} isPage /> : <Failed error={query.error} retry={() => void query.refetch()} />}
      </main>
    )
  }
  if (!lead) return <main className="flex-1 space-y-4 p-6" aria-busy><Skeleton className="h-12" /><Skeleton className="h-80" /></main>
  const pipeline = pipelines.find(p => p.id === lead.pipeline_id)
  return (
    <main className="flex min-w-0 flex-1 flex-col overflow-auto">
      <Header lead={lead} />
      {lead.archived_at && <ArchivedBanner lead={lead} at={lead.archived_at} />}
      {pipeline && <StageBar lead={lead} pipeline={pipeline} />}
      {pipeline && <LeadCommands lead={lead} pipeline={pipeline} />}
      <div className="flex flex-1 items-start gap-4 p-4 max-lg:flex-col">
        <section aria-label={t('lead.timeline')} className="min-w-0 flex-1 space-y-4 max-lg:w-full">
          <LeadSamePerson lead={lead} />
          <LeadOtherAddresses lead={lead} />
          <History lead={lead} pipeline={pipeline} />
        </section>
        <LeadFacts lead={lead} pipeline={pipeline} />
      </div>
    </main>
  )
}

/** What happened, and what is added to it. */
function History({ lead, pipeline }: { lead: Lead; pipeline: Pipeline | undefined }) {
  const me = useMe()
  const { refresh } = useLeadActions()
  const [part, setPart] = useState<TimelinePart>('')
  const query = useLeadTimeline(lead.id, entryTypes(part))
  const { currency, owner, vendor } = lead
  const names = { of: () => ({ pipeline, currency, owner, vendor }) }
  return (
    <>
      {(can(me, 'leads.write') || mayMessage(me)) && !lead.archived_at && <LogComposer leads={[lead]} contact={lead.contact} onSaved={() => refresh(lead.id)} />}
      <Timeline query={query} part={part} choose={setPart} names={names} acts={lead.archived_at ? undefined : entry => <InteractionActs entry={entry} />} />
    </>
  )
}

function Header({ lead }: { lead: Lead }) {
  const t = useT()
  const me = useMe()
  const now = useNow()
  const { archive } = useLeadActions()
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-3 border-b bg-panel px-4 py-3">
      <Link to="/leads" aria-label={t('lead.back')} className="rounded-md p-1.5 text-mute hover:bg-raised hover:text-fg"><ArrowLeft size={16} aria-hidden /></Link>
      <Avatar name={leadName(lead)} size={36} />
      <div className="min-w-0">
        <h1 className="truncate text-[15px] font-semibold">{leadName(lead)}</h1>
        <p className="flex flex-wrap items-center gap-2 text-xs text-mute">
          {lead.phone && <a href={`tel:${lead.phone}`} className="hover:underline">{lead.phone}</a>}
          {lead.email && <a href={`mailto:${lead.email}`} className="hover:underline">{lead.email}</a>}
          <AgingBadge lead={lead} now={now} />
        </p>
      </div>
      <div className="ml-auto flex gap-2">
        <Link to="/pipeline" search={{ pipeline: lead.pipeline_id }} className="inline-flex h-7 items-center gap-1.5 rounded-md border bg-panel px-2.5 text-xs font-medium hover:bg-raised">
          <SquareKanban size={13} aria-hidden /> {t('nav.pipeline')}
        </Link>
        {can(me, 'leads.delete') && !lead.archived_at && <Button onClick={() => void archive(lead.id)}><Archive size={13} aria-hidden /> {t('lead.archive')}</Button>}
      </div>
    </header>
  )
}

/** An archived lead stands still: nothing on its page can be changed before it is restored. */
function ArchivedBanner({ lead, at }: { lead: Lead; at: string }) {
  const t = useT()
  const me = useMe()
  const { restore } = useLeadActions()
  const mayRestore = can(me, 'leads.delete')
  return (
    <div role="status" className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b bg-warn/10 px-4 py-2.5">
      <Archive size={15} className="shrink-0 text-warn" aria-hidden />
      <p className="min-w-0 flex-1 basis-64">{t('lead.archivedAt', { when: dateTime(at) })} {t(mayRestore ? 'lead.archivedHint' : 'lead.archivedAsk')}</p>
      {mayRestore && <Button onClick={() => void restore(lead.id)}><ArchiveRestore size={13} aria-hidden /> {t('lead.restore')}</Button>}
    </div>
  )
}
