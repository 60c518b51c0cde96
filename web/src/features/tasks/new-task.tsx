import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { peopleQuery } from '@/lib/api/staff'
import { createTask } from '@/lib/api/tasks'
import { useT } from '@/lib/i18n'
import { fromField } from '@/lib/local-time'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, SelectField, TextArea } from '@/ui/field'
import { FormError } from '@/ui/states'

/** Something to do, by hand. */
export function NewTaskDialog({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const people = useQuery(peopleQuery)
  const [fields, setFields] = useState({ title: '', description: '', due: '', remind: '', who: String(me.id) })
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  const make = useMutation({
    mutationFn: () =>
      createTask({
        title: fields.title.trim(),
        description: fields.description || null,
        due_at: fromField(fields.due),
        remind_at: fromField(fields.remind),
        assigned_to: Number(fields.who),
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.tasks })
      onOpenChange(false)
    },
  })
  const problem = make.error instanceof Problem ? make.error : null
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('task.new')} stays>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <Field label={t('task.title')} required maxLength={200} value={fields.title} error={problem?.field('title')} onChange={e => set({ title: e.target.value })} />
        <TextArea label={t('task.description')} maxLength={10_000} value={fields.description} onChange={e => set({ description: e.target.value })} />
        <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
          <Field label={t('task.due')} type="datetime-local" value={fields.due} error={problem?.field('due_at')} onChange={e => set({ due: e.target.value })} />
          <Field label={t('task.remind')} type="datetime-local" value={fields.remind} error={problem?.field('remind_at')} onChange={e => set({ remind: e.target.value })} />
        </div>
        {can(me, 'tasks.write', 'team') && (
          <SelectField label={t('task.assignee')} value={fields.who} error={problem?.field('assigned_to')} onChange={e => set({ who: e.target.value })}>
            {people.data?.map(person => <option key={person.id} value={person.id}>{person.name}</option>)}
          </SelectField>
        )}
        {make.error && <FormError>{make.error.message}</FormError>}
        <Button type="submit" variant="solid" size="md" disabled={make.isPending || !fields.title.trim()}>{t('task.create')}</Button>
      </form>
    </Dialog>
  )
}
