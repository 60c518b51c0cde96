import { Check } from 'lucide-react'
import { useEffect, useMemo, useRef } from 'react'
import { useMover } from '@/features/leads/move-menu'
import { useLeadTimeline } from '@/features/leads/queries'
import type { Lead, Pipeline, TimelineEntry } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { span } from '@/lib/time'
import { cn } from '@/ui/cn'
import { entryTypes } from '@/ui/timeline'

type Moved = { before?: { status?: string }; after?: { status?: string } }

/** The stages that a lead has been in, by the moves that its timeline tells of. */
export function stagesBeen(moves: readonly Pick<TimelineEntry, 'data'>[]): ReadonlySet<string> {
  const all = moves.map(({ data }) => data as Moved).flatMap(({ before, after }) => [before?.status, after?.status])
  return new Set(all.filter(key => key !== undefined))
}

/** The way of the lead; a step is a button that moves it there. What it went through is marked, not what it passed over. */
export function StageBar({ lead, pipeline }: { lead: Lead; pipeline: Pipeline }) {
  const t = useT()
  const me = useMe()
  const mover = useMover(pipeline)
  const bar = useRef<HTMLElement>(null)
  const { data } = useLeadTimeline(lead.id, entryTypes('stage_change'))
  const been = useMemo(() => stagesBeen(data?.pages.flatMap(page => page.entries) ?? []), [data])
  const stages = pipeline.stages.filter(stage => stage.is_active || stage.key === lead.status)
  const at = stages.findIndex(stage => stage.key === lead.status)
  const isOpen = stages[at]?.kind === 'open'
  const mayMove = can(me, 'leads.write') && !lead.archived_at
  // Where there is no room for all of them, the present one is in the middle.
  useEffect(() => {
    const present = bar.current?.querySelector<HTMLElement>('[aria-current]')
    if (bar.current && present) bar.current.scrollLeft = present.offsetLeft - bar.current.offsetLeft - (bar.current.clientWidth - present.offsetWidth) / 2
  }, [lead.status, stages.length])
  return (
    <nav ref={bar} aria-label={t('lead.stages')} className={cn('flex shrink-0 gap-1 overflow-x-auto border-b bg-panel px-4 py-2', lead.archived_at && 'opacity-60')}>
      {stages.map((stage, index) => {
        const isPassed = isOpen && index < at && been.has(stage.key)
        return (
          <button
            key={stage.key}
            type="button"
            disabled={!mayMove}
            aria-current={index === at ? 'step' : undefined}
            data-passed={isPassed || undefined}
            onClick={() => mover.move(lead.id, lead.status, stage.key)}
            className={cn(
              'flex flex-auto items-center justify-center gap-1.5 rounded-md border px-3 py-1.5 text-xs font-medium whitespace-nowrap hover:bg-raised disabled:pointer-events-none',
              isPassed && 'bg-accent-soft text-accent',
              index === at && 'border-accent! bg-accent! text-accent-fg!',
            )}
          >
            {isPassed && <Check size={12} aria-hidden />}
            {stage.name}
            {index === at && lead.time_in_stage_seconds >= 60 && <span className="font-normal">{span(lead.time_in_stage_seconds * 1000)}</span>}
          </button>
        )
      })}
      {mover.dialog}
    </nav>
  )
}
