import { useMutation, useQueryClient } from '@tanstack/react-query'
import { keys } from '@/lib/api/keys'
import { messageOf } from '@/lib/api/problem'
import { changeTask, completeTask, deleteTask } from '@/lib/api/tasks'
import type { Task, TaskChange } from '@/lib/api/types'
import { t } from '@/lib/i18n'
import { toast, toastFailure } from '@/lib/toast'

export const isOpen = (task: Pick<Task, 'status'>): boolean => task.status === 'pending' || task.status === 'in_progress'

/** What is done to tasks wherever they stand, each with its undo where there is one. */
export function useTasks() {
  const client = useQueryClient()
  const settle = () => {
    void client.invalidateQueries({ queryKey: keys.tasks })
    void client.invalidateQueries({ queryKey: keys.leadOf })
  }
  const put = useMutation({
    mutationFn: ({ task, status }: { task: Task; status: NonNullable<TaskChange['status']> }) => (status === 'completed' ? completeTask(task.id) : changeTask(task.id, { status })),
    onSuccess: (after, { task }) => {
      const undo = { action: { label: 'common.undo', run: () => put.mutate({ task: after, status: task.status }) } } as const
      if (isOpen(after)) toast(t('task.said.open', { title: after.title }), undo)
      else toast(t(after.status === 'completed' ? 'task.said.done' : 'task.said.cancelled', { title: after.title }), undo)
    },
    onError: (error, wanted) => toastFailure(messageOf(error), () => put.mutate(wanted)),
    onSettled: settle,
  })
  const remove = useMutation({
    mutationFn: (task: Task) => deleteTask(task.id),
    onSuccess: (_, task) => toast(t('task.said.removed', { title: task.title })),
    onError: (error, task) => toastFailure(messageOf(error), () => remove.mutate(task)),
    onSettled: settle,
  })
  return {
    settle,
    /** Done; or open again, if it was done or called off. */
    turn: (task: Task) => put.mutate({ task, status: isOpen(task) ? 'completed' : 'pending' }),
    cancel: (task: Task) => put.mutate({ task, status: 'cancelled' }),
    remove: (task: Task) => remove.mutate(task),
    isBusy: (task: Task) => put.isPending && put.variables.task.id === task.id,
  }
}
