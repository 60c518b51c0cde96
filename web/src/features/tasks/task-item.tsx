import { Link } from '@tanstack/react-router'
import type { Task } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { dateTime } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { cn } from '@/ui/cn'
import { isOpen, useTasks } from '@/ui/use-tasks'

/** The box that says whether a task is done, and turns it. */
export function TaskBox({ task, className }: { task: Task; className?: string }) {
  const t = useT()
  const me = useMe()
  const { turn, isBusy } = useTasks()
  return (
    <input
      type="checkbox"
      className={cn('shrink-0 accent-(--accent)', className)}
      aria-label={t('task.completeNamed', { title: task.title })}
      checked={isOpen(task) === isBusy(task)}
      disabled={isBusy(task) || !can(me, 'tasks.write')}
      onChange={() => turn(task)}
    />
  )
}

/** A task as a line: the box completes it, its title opens it. */
export function TaskItem({ task, open }: { task: Task; open: (task: Task) => void }) {
  const me = useMe()
  const title = cn('font-medium', !isOpen(task) && 'text-mute line-through')
  return (
    <li className="flex items-start gap-3 px-4 py-2.5 hover:bg-raised">
      <TaskBox task={task} className="mt-0.5 size-4" />
      <div className="min-w-0 flex-1">
        {can(me, 'tasks.write') ? (
          <button type="button" onClick={() => open(task)} className={cn(title, 'block max-w-full text-left break-words hover:underline')}>{task.title}</button>
        ) : (
          <p className={title}>{task.title}</p>
        )}
        {task.description && <p className="truncate text-xs text-mute">{task.description}</p>}
        <p className="flex flex-wrap gap-x-3 text-xs text-mute">
          {task.lead && <Link to="/leads/$lead" params={{ lead: String(task.lead.id) }} className="text-accent hover:underline">{task.lead.name}</Link>}
          {task.assignee && <span>{task.assignee.name}</span>}
        </p>
      </div>
      {task.due_at && (task.is_overdue ? <Badge tone="danger">{dateTime(task.due_at)}</Badge> : <span className="text-xs text-mute">{dateTime(task.due_at)}</span>)}
    </li>
  )
}
