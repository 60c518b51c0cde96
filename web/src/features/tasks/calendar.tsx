import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { monthGrid, shiftMonth } from '@/features/tasks/month'
import { keys } from '@/lib/api/keys'
import { fetchTaskCalendar } from '@/lib/api/tasks'
import type { Task } from '@/lib/api/types'
import { locale, useT } from '@/lib/i18n'
import { clock } from '@/lib/time'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Failed, Skeleton } from '@/ui/states'

type Props = { month: string | undefined; assignee: string; setMonth: (month: string) => void }

/** A month of tasks, from Monday to Sunday, in the organisation's zone. */
export function TaskCalendarView({ month, assignee, setMonth }: Props) {
  const t = useT()
  const today = new Date().toISOString().slice(0, 10)
  const shown = month ?? today.slice(0, 7)
  const query = useQuery({ queryKey: keys.taskCalendar(shown, assignee), queryFn: () => fetchTaskCalendar(shown, assignee), placeholderData: old => old })
  const title = new Intl.DateTimeFormat(locale(), { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(`${shown}-01T00:00:00Z`))
  const weekday = (n: number) => new Intl.DateTimeFormat(locale(), { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + n))
  const byDay = new Map(query.data?.days.map(day => [day.date, day.tasks]))
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4" tabIndex={-1}>
      <div className="mb-3 flex items-center gap-2">
        <Button size="icon" aria-label={t('task.monthBefore')} onClick={() => setMonth(shiftMonth(shown, -1))}><ChevronLeft size={15} aria-hidden /></Button>
        <Button size="icon" aria-label={t('task.monthAfter')} onClick={() => setMonth(shiftMonth(shown, 1))}><ChevronRight size={15} aria-hidden /></Button>
        <h2 className="font-semibold first-letter:uppercase" aria-live="polite">{title}</h2>
        {query.data && <span className="text-xs text-mute">{query.data.zone}</span>}
      </div>
      {query.isPending && <Skeleton className="h-96" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <table className="w-full table-fixed border-separate border-spacing-0 overflow-hidden rounded-xl border bg-panel max-sm:block">
          <thead className="max-sm:hidden">
            <tr>{Array.from({ length: 7 }, (_, n) => <th key={n} scope="col" className="border-b px-2 py-1.5 text-left text-xs font-medium text-mute">{weekday(n)}</th>)}</tr>
          </thead>
          <tbody className="max-sm:block">
            {monthGrid(shown).map(week => (
              <tr key={week[0]} className="max-sm:block">
                {week.map(date => <Day key={date} date={date} isOther={!date.startsWith(shown)} isToday={date === today} tasks={byDay.get(date) ?? []} zone={query.data.zone} />)}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

const SHOWN = 4

type DayProps = { date: string; isOther: boolean; isToday: boolean; tasks: Task[]; zone: string }

function Day({ date, isOther, isToday, tasks, zone }: DayProps) {
  const t = useT()
  const isEmpty = tasks.length === 0
  return (
    <td className={cn('h-28 border-r border-b p-1.5 align-top max-sm:block max-sm:h-auto', isOther && 'bg-raised text-mute', (isEmpty || isOther) && 'max-sm:hidden')}>
      <p className={cn('mb-1 text-xs', isToday && 'font-semibold text-accent')}>{Number(date.slice(8))}</p>
      <ul className="space-y-0.5">
        {tasks.slice(0, SHOWN).map(task => (
          <li key={task.id} className={cn('truncate rounded px-1 text-xs', task.is_overdue ? 'bg-danger/10 text-danger' : 'bg-accent-soft text-accent', task.status === 'completed' && 'line-through')} title={task.title}>
            {task.due_at && <span className="tabular-nums">{clock(task.due_at, zone)} </span>}
            {task.lead ? <Link to="/leads/$lead" params={{ lead: String(task.lead.id) }} className="hover:underline">{task.title}</Link> : task.title}
          </li>
        ))}
      </ul>
      {tasks.length > SHOWN && <p className="mt-0.5 text-xs text-mute">{t('task.moreOnDay', { n: tasks.length - SHOWN })}</p>}
    </td>
  )
}
