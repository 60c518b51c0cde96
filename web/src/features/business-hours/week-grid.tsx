import { CopyPlus, Plus, X } from 'lucide-react'
import { useRef } from 'react'
import { copyOf, DAYS, dayName, isOvernight, nextSpan, type Day, type HoursDraft, type SpanRow } from '@/features/business-hours/week'
import type { Problem } from '@/lib/api/problem'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Input } from '@/ui/field'
import { Tooltip } from '@/ui/tooltip'

type Props = { week: HoursDraft['week']; problem: Problem | null; change: (day: Day, spans: SpanRow[]) => void }

/** The spans of each day, one row a day. */
export function WeekGrid({ week, problem, change }: Props) {
  const t = useT()
  return (
    <div className="divide-y rounded-xl border bg-panel">
      {DAYS.map((day, n) => {
        const before = DAYS[n - 1]
        return <DayRow key={day} day={day} spans={week[day]} problem={problem} change={spans => change(day, spans)} like={before && { day: before, spans: week[before] }} />
      })}
      {problem?.field('week') && <p role="alert" className="px-3 py-2 text-xs text-danger">{t('hours.week')}: {problem.field('week')}</p>}
    </div>
  )
}

type RowProps = { day: Day; spans: SpanRow[]; problem: Problem | null; change: (spans: SpanRow[]) => void; like: { day: Day; spans: SpanRow[] } | undefined }

function DayRow({ day, spans, problem, change, like }: RowProps) {
  const t = useT()
  const name = dayName(day)
  const row = useRef<HTMLDivElement>(null)
  const set = (span: SpanRow) => change(spans.map(other => (other.uid === span.uid ? span : other)))
  const remove = (span: SpanRow) => {
    change(spans.filter(other => other.uid !== span.uid))
    // What had the focus is gone.
    row.current?.querySelector<HTMLElement>('[data-add]')?.focus()
  }
  return (
    <div ref={row} role="group" aria-label={name} className="grid gap-x-4 gap-y-1.5 px-3 py-2 sm:grid-cols-[7rem_minmax(0,1fr)_auto] sm:items-start">
      <p className="font-medium sm:pt-1.5">{name}</p>
      <div className="space-y-1.5">
        {spans.length === 0 && <p className="text-mute sm:pt-1.5">{t('hours.closed')}</p>}
        {spans.map((span, n) => {
          const at = `week.${day}.${n}`
          const said = problem?.field(`${at}.from`) ?? problem?.field(`${at}.to`) ?? problem?.field(at)
          const label = { day: name, n: n + 1 }
          const describedBy = said ? `${at}-error` : undefined
          return (
            <div key={span.uid}>
              <div className="flex flex-wrap items-center gap-1.5">
                <Input type="time" className="w-[7.5rem]!" aria-label={t('hours.from', label)} aria-invalid={said ? true : undefined} aria-describedby={describedBy} value={span.from} onChange={e => set({ ...span, from: e.target.value })} />
                <span aria-hidden className="text-mute">–</span>
                <Input type="time" className="w-[7.5rem]!" aria-label={t('hours.to', label)} aria-invalid={said ? true : undefined} aria-describedby={describedBy} value={span.to} onChange={e => set({ ...span, to: e.target.value })} />
                <Button variant="ghost" size="icon" aria-label={t('hours.removeSpan', label)} onClick={() => remove(span)}><X size={14} aria-hidden /></Button>
                {isOvernight(span) && <span className="text-xs text-mute">{t('hours.overnight')}</span>}
              </div>
              {said && <p id={`${at}-error`} className="mt-0.5 text-xs text-danger">{said}</p>}
            </div>
          )
        })}
      </div>
      <div className="flex gap-1">
        {like && (
          <Tooltip label={t('hours.like', { day: dayName(like.day) })}>
            <Button variant="ghost" size="icon" aria-label={t('hours.likeNamed', { day: name, other: dayName(like.day) })} onClick={() => change(copyOf(like.spans))}>
              <CopyPlus size={14} aria-hidden />
            </Button>
          </Tooltip>
        )}
        <Button variant="ghost" size="md" data-add aria-label={t('hours.addSpanNamed', { day: name })} disabled={spans.length >= 12} onClick={() => change([...spans, nextSpan(spans)])}>
          <Plus size={14} aria-hidden /> {t('hours.addSpan')}
        </Button>
      </div>
    </div>
  )
}
