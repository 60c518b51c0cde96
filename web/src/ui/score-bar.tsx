import { tOr } from '@/lib/i18n'
import type { ScorePart } from '@/lib/api/types'

const PARTS: { part: ScorePart; color: string }[] = [
  { part: 'keywords', color: 'var(--part-1)' },
  { part: 'kpi', color: 'var(--part-2)' },
  { part: 'capacity', color: 'var(--part-3)' },
  { part: 'shift', color: 'var(--part-4)' },
  { part: 'continuity', color: 'var(--part-5)' },
]

/** The parts of one candidate's score, on one line out of 100. */
export function ScoreBar({ parts, faded }: { parts: Record<ScorePart, number>; faded?: boolean }) {
  const words = PARTS.filter(({ part }) => parts[part] > 0).map(({ part }) => `${tOr(`score.${part}`, part)} ${parts[part]}`)
  return (
    <span role="img" aria-label={words.join(', ')} className="flex h-1.5 w-full overflow-hidden rounded-full bg-fg/8" style={{ opacity: faded ? 0.5 : 1 }}>
      {PARTS.map(({ part, color }) => (
        <span key={part} style={{ width: `${parts[part]}%`, background: color }} />
      ))}
    </span>
  )
}

export const ScoreLegend = () => (
  <ul className="flex flex-wrap gap-x-3 gap-y-1 text-[11px] text-mute">
    {PARTS.map(({ part, color }) => (
      <li key={part} className="flex items-center gap-1">
        <span className="size-2 rounded-full" style={{ background: color }} aria-hidden />
        {tOr(`score.${part}`, part)}
      </li>
    ))}
  </ul>
)
