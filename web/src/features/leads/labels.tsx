import { AlarmClock, Hourglass } from 'lucide-react'
import type { LeadPriority, LeadRow, Stage } from '@/lib/api/types'
import { number, t } from '@/lib/i18n'
import { span } from '@/lib/time'
import { Badge, type Tone } from '@/ui/badge'
import { cn } from '@/ui/cn'

const KIND_TONES: Record<Stage['kind'], Tone> = { open: 'accent', won: 'ok', lost: 'mute' }
const PRIORITY_TONES: Record<LeadPriority, Tone> = { critical: 'danger', high: 'warn', medium: 'mute', low: 'mute' }
export const PRIORITIES: LeadPriority[] = ['low', 'medium', 'high', 'critical']

export const StageBadge = ({ stage }: { stage: LeadRow['stage'] }) => <Badge tone={KIND_TONES[stage.kind]}>{stage.name}</Badge>

/** What a lead is called; the words for one whose person was erased are the desk's, and so in its language. */
export const leadName = (lead: Pick<LeadRow, 'name' | 'contact'>): string => (lead.contact.erased_at ? t('lead.erased') : lead.name)

export const LeadPriorityBadge = ({ priority }: { priority: LeadPriority }) => (
  <Badge tone={PRIORITY_TONES[priority]}>{t(`priority.${priority}`)}</Badge>
)

type Aging = Pick<LeadRow, 'is_overdue' | 'is_stale' | 'due_at'>

/** Overdue, or long without a word; nothing while all is well. */
export function AgingBadge({ lead, now }: { lead: Aging; now: number }) {
  if (lead.is_overdue && lead.due_at) {
    return (
      <Badge tone="danger">
        <AlarmClock size={11} aria-hidden /> {t('lead.overdueBy', { time: span(Math.max(0, now - Date.parse(lead.due_at))) })}
      </Badge>
    )
  }
  if (!lead.is_stale) return null
  return (
    <Badge tone={lead.is_stale === 'critical' ? 'danger' : 'warn'}>
      <Hourglass size={11} aria-hidden /> {t(`lead.stale.${lead.is_stale}`)}
    </Badge>
  )
}

/** 0–100, green from 70, amber from 40. */
export const Score = ({ score }: { score: number }) => (
  <span className={cn('font-medium tabular-nums', score >= 70 ? 'text-ok' : score >= 40 ? 'text-warn' : 'text-mute')} title={t('lead.score')}>
    {number(score)}
  </span>
)
