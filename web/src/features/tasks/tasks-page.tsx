import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { CalendarDays, CalendarPlus, CircleCheck, List } from 'lucide-react'
import { useEffect, useState } from 'react'
import { TaskCalendarView } from '@/features/tasks/calendar'
import { NewTaskDialog } from '@/features/tasks/new-task'
import { TaskItem } from '@/features/tasks/task-item'
import { keys, type TaskFilter } from '@/lib/api/keys'
import { messageOf } from '@/lib/api/problem'
import { fetchTasks, renewCalendarFeed } from '@/lib/api/tasks'
import type { Task } from '@/lib/api/types'
import { tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { CopyButton } from '@/ui/copy-button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Dialog } from '@/ui/dialog'
import { Select } from '@/ui/field'
import { Empty, Failed, Skeleton } from '@/ui/states'
import { TaskDialog } from '@/ui/task-dialog'

const route = getRouteApi('/desk/tasks')

/** What is to be done: overdue first, as a list or as a month. */
export function TasksPage() {
  const t = useT()
  const me = useMe()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const set = (change: Partial<typeof search>) => void navigate({ search: old => ({ ...old, ...change }), replace: true })
  const [isAdding, setAdding] = useState(false)
  const [editing, setEditing] = useState<Task | null>(null)
  const [feed, setFeed] = useState<string | null>(null)
  const [isAsking, setAsking] = useState(false)
  const who = search.who ?? 'me'
  useEffect(() => {
    document.title = `${t('nav.tasks')} · Frontdesk`
  }, [t])
  const subscribe = useMutation({ mutationFn: renewCalendarFeed, onSuccess: made => setFeed(made.url), onError: error => toastFailure(messageOf(error)) })
  const isMonth = search.view === 'month'
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex flex-wrap items-center gap-2 border-b bg-panel px-4 py-3">
        <h1 className="mr-2 text-[15px] font-semibold">{t('nav.tasks')}</h1>
        <div role="group" aria-label={t('task.view')} className="flex gap-1">
          <Button variant={isMonth ? 'ghost' : 'outline'} aria-pressed={!isMonth} onClick={() => set({ view: undefined })}><List size={13} aria-hidden /> {t('task.list')}</Button>
          <Button variant={isMonth ? 'outline' : 'ghost'} aria-pressed={isMonth} onClick={() => set({ view: 'month' })}><CalendarDays size={13} aria-hidden /> {t('task.month')}</Button>
        </div>
        {can(me, 'tasks.read', 'team') && (
          <Select aria-label={t('task.whose')} value={who} onChange={e => set({ who: e.target.value === 'me' ? undefined : e.target.value })}>
            <option value="me">{t('task.mine')}</option>
            <option value="any">{t('task.everybodys')}</option>
            <option value="none">{t('task.nobodys')}</option>
          </Select>
        )}
        {!isMonth && (
          <Select aria-label={t('task.which')} value={search.status ?? 'open'} onChange={e => set({ status: e.target.value === 'open' ? undefined : e.target.value })}>
            <option value="open">{t('task.open')}</option>
            <option value="overdue">{t('task.overdue')}</option>
            <option value="completed">{t('task.completed')}</option>
          </Select>
        )}
        <div className="ml-auto flex gap-2">
          <Button size="md" onClick={() => setAsking(true)} disabled={subscribe.isPending}>{t('task.subscribe')}</Button>
          <Button variant="solid" size="md" onClick={() => setAdding(true)}><CalendarPlus size={14} aria-hidden /> {t('task.new')}</Button>
        </div>
      </header>
      {isMonth ? (
        <TaskCalendarView month={search.month} assignee={who === 'any' ? '' : who} setMonth={month => set({ month })} open={setEditing} isCovered={editing !== null} />
      ) : (
        <TaskListView filter={{ assigned_to: who === 'any' ? undefined : who, status: search.status ?? 'pending,in_progress' }} add={() => setAdding(true)} open={setEditing} />
      )}
      {editing && <TaskDialog key={editing.id} task={editing} onOpenChange={() => setEditing(null)} />}
      {isAdding && <NewTaskDialog onOpenChange={setAdding} />}
      {isAsking && <ConfirmDialog title={t('task.feedAsk')} description={t('task.feedAskText')} submit={t('task.feedMake')} tone="solid" onConfirm={() => subscribe.mutate()} onOpenChange={setAsking} />}
      {feed && (
        <Dialog open onOpenChange={() => setFeed(null)} title={t('task.feed')} description={t('task.feedHint')} stays>
          <div className="flex items-center gap-2">
            <code className="min-w-0 flex-1 rounded-md bg-raised p-2 text-xs break-all">{feed}</code>
            <CopyButton text={feed} label={t('common.copy')} />
          </div>
        </Dialog>
      )}
    </main>
  )
}

function TaskListView({ filter, add, open }: { filter: TaskFilter; add: () => void; open: (task: Task) => void }) {
  const t = useT()
  const query = useInfiniteQuery({
    queryKey: keys.taskList(filter),
    queryFn: ({ pageParam, signal }) => fetchTasks(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor ?? null,
    placeholderData: old => old,
  })
  const tasks = query.data?.pages.flatMap(page => page.tasks)
  if (query.isPending) return <div className="space-y-2 p-4" aria-busy>{Array.from({ length: 6 }, (_, i) => <Skeleton key={i} className="h-12" />)}</div>
  if (query.isError && !tasks) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!tasks || tasks.length === 0) {
    return <Empty icon={CircleCheck} title={t('task.none')} text={t('task.noneHint')}><Button onClick={add}>{t('task.new')}</Button></Empty>
  }
  const first = query.data?.pages[0]
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4" tabIndex={-1}>
      <p className="mb-2 text-xs text-mute">{first && tn('task.total', first.total)}</p>
      <ul className="max-w-4xl divide-y rounded-xl border bg-panel">
        {tasks.map(task => <TaskItem key={task.id} task={task} open={open} />)}
      </ul>
      {query.hasNextPage && <Button className="mt-3" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('lead.more')}</Button>}
    </div>
  )
}
