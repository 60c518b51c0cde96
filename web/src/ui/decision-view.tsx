import { UserCheck } from 'lucide-react'
import { useState } from 'react'
import type { Candidate, Decision, Exclusion } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { ScoreBar, ScoreLegend } from '@/ui/score-bar'

const FIRST = 5

/** One routing decision: winner, department, keywords, candidates with their score parts, exclusions. */
export function DecisionView({ decision }: { decision: Decision }) {
  const t = useT()
  const excluded = Object.entries(decision.excluded).filter(([, n]) => n > 0)
  return (
    <div className="space-y-3">
      <div className="flex items-start gap-2">
        <UserCheck size={15} className="mt-0.5 shrink-0 text-accent" aria-hidden />
        <div className="min-w-0">
          <p className="font-medium">{decision.winner?.name ?? t('why.nobody')}</p>
          <p className="text-xs text-mute">{reasonOf(decision, t)}</p>
        </div>
      </div>
      {decision.department && (
        <p className="text-xs">
          <span className="text-mute">{t('ticket.department')}: </span>
          {decision.department.name} <span className="text-mute">({t(`because.${decision.department.why}`)})</span>
        </p>
      )}
      {decision.keywords.length > 0 && (
        <div className="flex flex-wrap items-center gap-1 text-xs">
          <span className="text-mute">{t('why.keywords')}</span>
          {decision.keywords.map(keyword => (
            <Badge key={keyword.id} tone="accent">{keyword.word} ×{keyword.priority}</Badge>
          ))}
        </div>
      )}
      {decision.candidates.length > 0 && <Candidates decision={decision} />}
      {excluded.length > 0 && (
        <p className="text-xs text-mute">
          {t('why.excluded')} {excluded.map(([reason, n]) => `${n} ${t(`excluded.${reason as Exclusion}`)}`).join(' · ')}
        </p>
      )}
    </div>
  )
}

/** In one sentence, why it went to the winner. */
function reasonOf(decision: Decision, t: ReturnType<typeof useT>): string {
  if (decision.assigned_by) return t('why.byHand', { name: decision.assigned_by.name })
  const winner = decision.candidates.find(candidate => candidate.user_id === decision.winner?.id)
  if (decision.reason !== 'scored' || !winner) return t(`reason.${decision.reason}`)
  const free = decision.candidates.filter(candidate => candidate.eligible).length
  return free > 1 ? t('why.scored', { score: Math.round(winner.score), n: free }) : t('why.only', { score: Math.round(winner.score) })
}

function Candidates({ decision }: { decision: Decision }) {
  const t = useT()
  const [showsAll, setShowsAll] = useState(false)
  const shown = showsAll ? decision.candidates : decision.candidates.slice(0, FIRST)
  return (
    <div>
      <ol aria-label={t('why.candidates')} className="mb-2 space-y-2">
        {shown.map(candidate => (
          <CandidateRow key={candidate.user_id} candidate={candidate} isWinner={candidate.user_id === decision.winner?.id} />
        ))}
      </ol>
      {decision.candidates.length > FIRST && !showsAll && (
        <Button variant="ghost" onClick={() => setShowsAll(true)}>{t('why.all', { n: decision.candidates.length })}</Button>
      )}
      <ScoreLegend />
    </div>
  )
}

function CandidateRow({ candidate, isWinner }: { candidate: Candidate; isWinner: boolean }) {
  const t = useT()
  return (
    <li>
      <div className="mb-0.5 flex items-baseline gap-2 text-xs">
        <span className={cn('min-w-0 flex-1 truncate', isWinner && 'font-semibold', !candidate.eligible && 'text-mute')}>{candidate.name}</span>
        {candidate.excluded_because && <span className="text-[11px] text-mute">{t(`excluded.${candidate.excluded_because}`)}</span>}
        <span className="text-[11px] text-mute tabular-nums" title={t('why.load')}>{candidate.load}/{candidate.capacity}</span>
        <span className="w-7 text-right font-medium tabular-nums">{Math.round(candidate.score)}</span>
      </div>
      <ScoreBar parts={candidate.parts} faded={!candidate.eligible} />
    </li>
  )
}
