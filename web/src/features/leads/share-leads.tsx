import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { roomOf, takes } from '@/features/leads/bulk'
import { keys } from '@/lib/api/keys'
import { fetchLeadAgents } from '@/lib/api/pipelines'
import type { LeadAgent, LeadShare } from '@/lib/api/types'
import { number, t as say, tn, useT } from '@/lib/i18n'
import { cn } from '@/ui/cn'
import { Check } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'
import { Failed, Skeleton } from '@/ui/states'

const WAYS = ['round_robin', 'capacity_based'] as const
type Way = (typeof WAYS)[number]

/** Everybody who can be given leads, with what they have and take. */
export const useAgents = (enabled = true) => useQuery({ queryKey: keys.leadAgents, queryFn: fetchLeadAgents, enabled, staleTime: 10_000 })

/** What somebody has of what they take. */
export function Load({ agent }: { agent: LeadAgent }) {
  const { current, max, available_slots } = agent.capacity
  return (
    <span className={cn('ml-auto shrink-0 text-xs tabular-nums', available_slots > 0 ? 'text-mute' : 'text-warn')}>
      {say(available_slots > 0 ? 'lead.share.load' : 'lead.share.full', { n: number(current), all: number(max) })}
    </span>
  )
}

type Props = { count: number; onShare: (share: LeadShare) => void; onOpenChange: (open: boolean) => void }

/** Gives out the chosen leads among several: in turn, or to whoever has most room. */
export function ShareDialog({ count, onShare, onOpenChange }: Props) {
  const t = useT()
  const query = useAgents()
  const agents = query.data?.agents ?? []
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set())
  const [way, setWay] = useState<Way>('round_robin')
  const chosen = agents.filter(agent => takes(agent) && !left.has(agent.agent_id))
  const room = roomOf(chosen)
  const toggle = (id: number) => setLeft(old => new Set(old.has(id) ? [...old].filter(one => one !== id) : [...old, id]))
  return (
    <FormDialog
      title={tn('lead.share.title', count)}
      description={t('lead.share.text')}
      submit={tn('lead.share.submit', chosen.length)}
      error={null}
      isPending={chosen.length === 0}
      onSubmit={() => {
        onShare({ assignment_strategy: way, agents: chosen.map(agent => agent.agent_id) })
        onOpenChange(false)
      }}
      onOpenChange={onOpenChange}
    >
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {agents.length > 0 && (
        <fieldset>
          <legend className="mb-1.5 font-medium">{t('lead.share.who')}</legend>
          <ul className="max-h-64 divide-y overflow-auto rounded-lg border">
            {agents.map(agent => (
              <li key={agent.agent_id} className="flex items-center gap-3 px-3 py-2">
                <Check label={agent.name} disabled={!takes(agent)} checked={takes(agent) && !left.has(agent.agent_id)} onChange={() => toggle(agent.agent_id)} className="min-w-0 truncate" />
                <Load agent={agent} />
              </li>
            ))}
          </ul>
        </fieldset>
      )}
      <fieldset className="space-y-1.5">
        <legend className="mb-1.5 font-medium">{t('lead.share.how')}</legend>
        {WAYS.map(one => (
          <label key={one} className="flex items-start gap-2">
            <input type="radio" name="way" className="mt-0.5 size-4 shrink-0 accent-(--accent)" checked={way === one} onChange={() => setWay(one)} />
            <span>{t(`lead.share.by.${one}`)} <span className="block text-xs text-mute">{t(`lead.share.byHint.${one}`)}</span></span>
          </label>
        ))}
      </fieldset>
      {chosen.length > 0 && room < count && <p role="status" className="rounded-md bg-warn/10 px-3 py-2 text-warn">{tn('lead.share.short', room, { all: number(count) })}</p>}
    </FormDialog>
  )
}
