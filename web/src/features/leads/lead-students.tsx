import { useMutation } from '@tanstack/react-query'
import { Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import { Part } from '@/features/leads/fact-fields'
import { messageOf, Problem } from '@/lib/api/problem'
import { addStudent, changeStudent, removeStudent } from '@/lib/api/students'
import type { Lead, Student } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { date } from '@/lib/time'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

/** Whom a family wants to enrol: added, changed and taken off here. */
export function Students({ lead, mayWrite }: { lead: Lead; mayWrite: boolean }) {
  const t = useT()
  const { refresh } = useLeadActions()
  const [asked, setAsked] = useState<Student | 'new' | null>(null)
  const settle = { onSettled: () => refresh(lead.id) }
  const restore = useMutation({
    mutationFn: ({ name, grade_applying_for, date_of_birth }: Student) => addStudent(lead.id, { name, grade_applying_for, date_of_birth }),
    onError: (error, student) => toastFailure(messageOf(error), () => restore.mutate(student)),
    ...settle,
  })
  const remove = useMutation({
    mutationFn: (student: Student) => removeStudent(student.id, student.version),
    onSuccess: (_, student) => toast(t('student.said.removed', { name: student.name }), { action: { label: 'common.undo', run: () => restore.mutate(student) } }),
    onError: error => toastFailure(messageOf(error)),
    ...settle,
  })
  return (
    <Part title={t('lead.students')}>
      <ul className="space-y-1">
        {lead.students.map(student => (
          <li key={student.id} className="flex items-center gap-2">
            <span className="min-w-0 flex-1">
              <span className="block truncate">{student.name}</span>
              {student.date_of_birth && <span className="block text-xs text-mute">{date(student.date_of_birth)}</span>}
            </span>
            <span className="max-w-24 truncate text-mute">{student.grade_applying_for}</span>
            {mayWrite && (
              <span className="flex">
                <Button variant="ghost" size="tiny" aria-label={t('student.editNamed', { name: student.name })} onClick={() => setAsked(student)}><Pencil size={12} aria-hidden /></Button>
                <Button variant="ghost" size="tiny" aria-label={t('student.removeNamed', { name: student.name })} disabled={remove.isPending} onClick={() => remove.mutate(student)}><Trash2 size={12} aria-hidden /></Button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {mayWrite && <Button variant="ghost" className="mt-1 -ml-2.5" onClick={() => setAsked('new')}><Plus size={12} aria-hidden /> {t('student.add')}</Button>}
      {asked && <StudentDialog lead={lead.id} student={asked === 'new' ? null : asked} onOpenChange={() => setAsked(null)} />}
    </Part>
  )
}

function StudentDialog({ lead, student, onOpenChange }: { lead: number; student: Student | null; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const { refresh } = useLeadActions()
  const [fields, setFields] = useState({ name: student?.name ?? '', grade: student?.grade_applying_for ?? '', born: student?.date_of_birth ?? '' })
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  const save = useMutation({
    mutationFn: (version: number | undefined) => {
      const wanted = { name: fields.name.trim(), grade_applying_for: fields.grade.trim() || null, date_of_birth: fields.born || null }
      return student ? changeStudent(student.id, wanted, version) : addStudent(lead, wanted)
    },
    onSuccess: saved => {
      toast(t('lead.said.changed', { name: saved.name }))
      onOpenChange(false)
    },
    onSettled: () => refresh(lead),
  })
  const problem = save.error instanceof Problem ? save.error : null
  const isStale = problem?.code === 'stale_version'
  return (
    <FormDialog
      title={student ? t('student.editNamed', { name: student.name }) : t('student.add')}
      submit={t(isStale ? 'task.saveAllTheSame' : 'common.save')}
      error={save.error}
      isPending={save.isPending || !fields.name.trim()}
      onSubmit={() => save.mutate(isStale ? undefined : student?.version)}
      onOpenChange={onOpenChange}
    >
      <Field label={t('lead.name')} required maxLength={200} value={fields.name} error={problem?.field('name') ?? problem?.field('students')} onChange={e => set({ name: e.target.value })} />
      <Field label={t('lead.grade')} maxLength={100} value={fields.grade} error={problem?.field('grade_applying_for')} onChange={e => set({ grade: e.target.value })} />
      <Field label={t('student.born')} type="date" value={fields.born} error={problem?.field('date_of_birth')} onChange={e => set({ born: e.target.value })} />
    </FormDialog>
  )
}
