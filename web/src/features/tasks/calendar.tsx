import { useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { monthGrid, shiftMonth } from '@/features/tasks/month'
import { TaskBox, TaskItem } from '@/features/tasks/task-item'
import { keys } from '@/lib/api/keys'
import { fetchTaskCalendar } from '@/lib/api/tasks'
import type { Task } from '@/lib/api/types'
import { locale, useT } from '@/lib/i18n'
import { dayIn } from '@/lib/local-time'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { clock, useNow } from '@/lib/time'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Dialog } from '@/ui/dialog'
import { Failed, Skeleton } from '@/ui/states'
import { isOpen } from '@/ui/use-tasks'

type Props = {
  month: string | undefined
  assignee: string
  setMonth: (month: string) => void
  open: (task: Task) => void
  /** Another dialog is open, which a day's waits for. */
  isCovered: boolean
}

/** A month of tasks, from Monday to Sunday, in the organisation's zone. */
export function TaskCalendarView({ month, assignee, setMonth, open, isCovered }: Props) {
  const t = useT()
  const now = useNow()
  // Until the first answer says the organisation's zone, the reader's is as good a guess as any.
  const [zone, setZone] = useState<string>()
  const [day, setDay] = useState<string | null>(null)
  const today = dayIn(now, zone)
  const shown = month ?? today.slice(0, 7)
  const query = useQuery({ queryKey: keys.taskCalendar(shown, assignee), queryFn: () => fetchTaskCalendar(shown, assignee), placeholderData: old => old })
  if (query.data && query.data.zone !== zone) setZone(query.data.zone)
  const title = new Intl.DateTimeFormat(locale(), { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(`${shown}-01T00:00:00Z`))
  const weekday = (n: number) => new Intl.DateTimeFormat(locale(), { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + n))
  const isEmpty = query.data && !query.isPlaceholderData && !query.data.days.some(day => day.date.startsWith(shown) && day.tasks.length > 0)
  const byDay = new Map(query.data?.days.map(day => [day.date, day.tasks]))
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4" tabIndex={-1}>
      <div className="mb-3 flex items-center gap-2">
        <Button size="icon" aria-label={t('task.monthBefore')} onClick={() => setMonth(shiftMonth(shown, -1))}><ChevronLeft size={15} aria-hidden /></Button>
        <Button size="icon" aria-label={t('task.monthAfter')} onClick={() => setMonth(shiftMonth(shown, 1))}><ChevronRight size={15} aria-hidden /></Button>
        <h2 className="font-semibold first-letter:uppercase" aria-live="polite">{title}</h2>
        {query.data && <span className="text-xs text-mute">{query.data.zone}</span>}
      </div>
      {query.data?.is_truncated && <p role="status" className="mb-3 rounded-md bg-warn/10 px-3 py-2 text-warn">{t('task.truncated')}</p>}
      {query.isPending && <Skeleton className="h-96" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {isEmpty && <p role="status" className="mb-3 rounded-xl border border-dashed px-4 py-3 text-mute"><span className="font-medium text-fg">{t('task.noneInMonth')}.</span> {t('task.noneInMonthHint')}</p>}
      {query.data && (
        <table className="w-full table-fixed border-separate border-spacing-0 overflow-hidden rounded-xl border bg-panel max-sm:block">
          <thead className="max-sm:hidden">
            <tr>{Array.from({ length: 7 }, (_, n) => <th key={n} scope="col" className="border-b px-2 py-1.5 text-left text-xs font-medium text-mute">{weekday(n)}</th>)}</tr>
          </thead>
          <tbody className="max-sm:block">
            {monthGrid(shown).map(week => (
              <tr key={week[0]} className="max-sm:block">
                {week.map(date => <Day key={date} date={date} isOther={!date.startsWith(shown)} isToday={date === today} tasks={byDay.get(date) ?? []} zone={query.data.zone} open={open} showAll={() => setDay(date)} />)}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {day && !isCovered && (
        <Dialog open onOpenChange={() => setDay(null)} title={dayName(day)} wide>
          <ul className="-mx-2 divide-y rounded-xl border">
            {(byDay.get(day) ?? []).map(task => <TaskItem key={task.id} task={task} open={open} />)}
          </ul>
        </Dialog>
      )}
    </div>
  )
}

const dayName = (date: string) => new Intl.DateTimeFormat(locale(), { dateStyle: 'full', timeZone: 'UTC' }).format(Date.parse(date))

const SHOWN = 4

type DayProps = { date: string; isOther: boolean; isToday: boolean; tasks: Task[]; zone: string; open: (task: Task) => void; showAll: () => void }

function Day({ date, isOther, isToday, tasks, zone, open, showAll }: DayProps) {
  const t = useT()
  const me = useMe()
  const isEmpty = tasks.length === 0
  const words = (task: Task) => <>{task.due_at && <span className="tabular-nums">{clock(task.due_at, zone)} </span>}{task.title}</>
  return (
    <td className={cn('h-28 border-r border-b p-1.5 align-top max-sm:block max-sm:h-auto', isOther && 'bg-raised text-mute', (isEmpty || isOther) && 'max-sm:hidden')}>
      <p className={cn('mb-1 text-xs', isToday && 'font-semibold text-accent')} {...(isToday ? { 'aria-current': 'date' as const } : {})}>{Number(date.slice(8))}</p>
      <ul className="space-y-0.5">
        {tasks.slice(0, SHOWN).map(task => (
          <li key={task.id} className={cn('flex min-h-6 items-center gap-1.5 rounded px-1 text-xs', task.is_overdue ? 'bg-danger/10 text-danger' : 'bg-accent-soft text-accent')} title={task.title}>
            <TaskBox task={task} className="size-3.5" />
            {can(me, 'tasks.write') ? (
              <button type="button" onClick={() => open(task)} className={cn('min-w-0 flex-1 truncate text-left hover:underline', !isOpen(task) && 'line-through')}>{words(task)}</button>
            ) : (
              <span className={cn('min-w-0 flex-1 truncate', !isOpen(task) && 'line-through')}>{words(task)}</span>
            )}
          </li>
        ))}
      </ul>
      {tasks.length > SHOWN && (
        <button type="button" aria-label={`${dayName(date)}: ${t('task.moreOnDay', { n: tasks.length - SHOWN })}`} onClick={showAll} className="mt-0.5 rounded px-1 text-xs text-mute hover:bg-raised hover:text-fg">
          {t('task.moreOnDay', { n: tasks.length - SHOWN })}
        </button>
      )}
    </td>
  )
}
