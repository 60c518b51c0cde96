/** A task as a form has it, and what of the form is a change. */
import type { Task, TaskChange } from '@/lib/api/types'
import { fromField, toField } from '@/lib/local-time'

export type TaskFields = { title: string; description: string; due: string; remind: string; who: string }

export const taskFields = (task: Task): TaskFields => ({
  title: task.title,
  description: task.description,
  due: toField(task.due_at),
  remind: toField(task.remind_at),
  who: task.assigned_to === null ? '' : String(task.assigned_to),
})

/** Only what differs from `before`: what others change meanwhile stays theirs, and a due time keeps its seconds. */
export function taskChange(before: TaskFields, fields: TaskFields): TaskChange {
  return {
    ...(fields.title.trim() !== before.title ? { title: fields.title.trim() } : {}),
    ...(fields.description.trim() !== before.description ? { description: fields.description.trim() } : {}),
    ...(fields.due !== before.due ? { due_at: fromField(fields.due) } : {}),
    ...(fields.remind !== before.remind ? { remind_at: fromField(fields.remind) } : {}),
    ...(fields.who !== before.who ? { assigned_to: fields.who ? Number(fields.who) : null } : {}),
  }
}
