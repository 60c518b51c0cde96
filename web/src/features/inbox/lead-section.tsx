import { Link } from '@tanstack/react-router'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Section } from '@/features/inbox/section'
import { keys } from '@/lib/api/keys'
import { changeLead, fetchContactLeads, pipelinesQuery } from '@/lib/api/leads'
import { messageOf } from '@/lib/api/problem'
import type { LeadRow, Stage } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast, toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Select } from '@/ui/field'
import { WhyLost } from '@/ui/why-lost'

/** The leads of whoever the conversation is with: the newest that is open at hand, the others offered. */
export function LeadSection({ contact }: { contact: number }) {
  const me = useMe()
  return can(me, 'leads.read') ? <Leads contact={contact} mayMove={can(me, 'leads.write')} /> : null
}

function Leads({ contact, mayMove }: { contact: number; mayMove: boolean }) {
  const t = useT()
  const { data } = useQuery({ queryKey: keys.contactLeads(contact), queryFn: async ({ signal }) => (await fetchContactLeads(contact, signal)).leads })
  const [chosen, setChosen] = useState<number | null>(null)
  if (!data || data.length === 0) return null
  const lead = data.find(one => one.id === chosen) ?? data[0]
  if (!lead) return null
  return (
    <Section title={t('details.lead')}>
      <div className="space-y-2">
        <div className="flex items-center gap-2">
          <Link to="/leads/$lead" params={{ lead: String(lead.id) }} className="min-w-0 flex-1 truncate font-medium hover:underline">{lead.name}</Link>
          {lead.outcome && <Badge tone={lead.outcome === 'won' ? 'ok' : 'mute'}>{t(`lead.outcome.${lead.outcome}`)}</Badge>}
        </div>
        <StageOf lead={lead} contact={contact} mayMove={mayMove} />
        {data.length > 1 && (
          <Select aria-label={t('details.otherLeads')} className="w-full!" value={lead.id} onChange={event => setChosen(Number(event.target.value))}>
            {data.map(one => <option key={one.id} value={one.id}>{`${one.name} · ${one.stage.name}`}</option>)}
          </Select>
        )}
      </div>
    </Section>
  )
}

function StageOf({ lead, contact, mayMove }: { lead: LeadRow; contact: number; mayMove: boolean }) {
  const t = useT()
  const client = useQueryClient()
  const { data: pipelines } = useQuery(pipelinesQuery)
  const [asked, setAsked] = useState<Stage | null>(null)
  const pipeline = pipelines?.find(one => one.id === lead.pipeline_id)
  if (!pipeline || !mayMove) return <p className="text-mute">{lead.stage.name}</p>

  const move = async (to: Stage, reason?: string): Promise<void> => {
    try {
      await changeLead(lead.id, reason === undefined ? { status: to.key } : { status: to.key, reason })
      toast(t('lead.said.moved', { stage: to.name }))
    } catch (error) {
      toastFailure(t('lead.notChanged', { why: messageOf(error) }), () => void move(to, reason))
    } finally {
      for (const queryKey of [keys.contactLeads(contact), keys.leads, keys.lead(lead.id), keys.tasks]) void client.invalidateQueries({ queryKey })
    }
  }
  return (
    <>
      <Select
        aria-label={t('lead.moveNamed', { name: lead.name })}
        className="w-full!"
        value={lead.status}
        onChange={event => {
          const to = pipeline.stages.find(stage => stage.key === event.target.value)
          if (to?.kind === 'lost') setAsked(to)
          else if (to) void move(to)
        }}
      >
        {pipeline.stages.filter(stage => stage.is_active || stage.key === lead.status).map(stage => <option key={stage.key} value={stage.key}>{stage.name}</option>)}
      </Select>
      {asked && (
        <WhyLost
          reasons={pipeline.lost_reasons}
          onOpenChange={() => setAsked(null)}
          onSay={reason => {
            setAsked(null)
            void move(asked, reason)
          }}
        />
      )}
    </>
  )
}
