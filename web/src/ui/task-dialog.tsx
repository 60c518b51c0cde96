import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Problem } from '@/lib/api/problem'
import { peopleQuery } from '@/lib/api/staff'
import { changeTask } from '@/lib/api/tasks'
import type { Task } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { taskChange, taskFields } from '@/lib/task-fields'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Field, SelectField, TextArea } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'
import { isOpen, useTasks } from '@/ui/use-tasks'

/** Changes a task, calls it off or removes it. Only what was changed is sent. */
export function TaskDialog({ task, onOpenChange }: { task: Task; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const me = useMe()
  const tasks = useTasks()
  const people = useQuery(peopleQuery)
  const [before] = useState(() => taskFields(task))
  const [fields, setFields] = useState(before)
  const [isRemoving, setRemoving] = useState(false)
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  const save = useMutation({
    mutationFn: (version: number | undefined) => changeTask(task.id, taskChange(before, fields), version),
    onSuccess: after => {
      toast(t('task.said.changed', { title: after.title }))
      onOpenChange(false)
    },
    onSettled: tasks.settle,
  })
  const problem = save.error instanceof Problem ? save.error : null
  const isStale = problem?.code === 'stale_version'
  const isWide = can(me, 'tasks.write', 'team')
  const mayRemove = isWide || task.created_by === me.id
  const close = () => onOpenChange(false)
  const end = (how: (task: Task) => void) => {
    close()
    how(task)
  }
  if (isRemoving) {
    return <ConfirmDialog title={t('task.remove')} description={t('task.removeText', { title: task.title })} submit={t('task.remove')} onConfirm={() => end(tasks.remove)} onOpenChange={setRemoving} />
  }
  // Whom it is given to now may work here no more.
  const others = (people.data ?? []).filter(person => person.id !== task.assigned_to)
  return (
    <FormDialog
      title={t('task.edit')}
      submit={t(isStale ? 'task.saveAllTheSame' : 'common.save')}
      error={save.error}
      isPending={save.isPending || !fields.title.trim()}
      onOpenChange={onOpenChange}
      onSubmit={() => {
        if (Object.keys(taskChange(before, fields)).length === 0) close()
        else save.mutate(isStale ? undefined : task.version)
      }}
      aside={
        <>
          {isOpen(task) && <Button size="md" variant="ghost" onClick={() => end(tasks.cancel)}>{t('task.cancel')}</Button>}
          {mayRemove && <Button size="md" variant="danger" onClick={() => setRemoving(true)}>{t('task.remove')}</Button>}
        </>
      }
    >
      <Field label={t('task.title')} required maxLength={200} value={fields.title} error={problem?.field('title')} onChange={e => set({ title: e.target.value })} />
      {task.lead && <p className="text-xs"><Link to="/leads/$lead" params={{ lead: String(task.lead.id) }} onClick={close} className="text-accent hover:underline">{task.lead.name}</Link></p>}
      <TextArea label={t('task.description')} maxLength={10_000} value={fields.description} error={problem?.field('description')} onChange={e => set({ description: e.target.value })} />
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        <Field label={t('task.due')} type="datetime-local" value={fields.due} error={problem?.field('due_at')} onChange={e => set({ due: e.target.value })} />
        <Field label={t('task.remind')} type="datetime-local" value={fields.remind} error={problem?.field('remind_at')} onChange={e => set({ remind: e.target.value })} />
      </div>
      {isWide && (
        <SelectField label={t('task.assignee')} value={fields.who} error={problem?.field('assigned_to')} onChange={e => set({ who: e.target.value })}>
          <option value="">{t('lead.nobodys')}</option>
          {task.assignee && <option value={task.assignee.id}>{task.assignee.name}</option>}
          {others.map(person => <option key={person.id} value={person.id}>{person.name}</option>)}
        </SelectField>
      )}
    </FormDialog>
  )
}
