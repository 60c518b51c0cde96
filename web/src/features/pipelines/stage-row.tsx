import { ListTodo, Plus, X } from 'lucide-react'
import { useId, useState } from 'react'
import { newUid, type FollowUpRow, type StageRow } from '@/features/pipelines/draft'
import type { Problem } from '@/lib/api/problem'
import { number, t as say, tn, useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Field, SelectField, TextArea } from '@/ui/field'

const KINDS = ['open', 'won', 'lost'] as const

type Props = {
  stage: StageRow
  n: number
  /** How many leads are in it. */
  count: number
  set: (stage: StageRow) => void
  problem: Problem | null
}

/** One stage: what it is called and means, how soon somebody should be in touch, and what is to be done when a lead enters. */
export function StageFields({ stage, n, count, set, problem }: Props) {
  const t = useT()
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const fault = (name: string) => problem?.field(`stages.${n}.${name}`)
  const hasTaskFault = problem?.fields.some(one => one.field.startsWith(`stages.${n}.follow_ups`)) ?? false
  const isShown = isOpen || hasTaskFault
  return (
    <div className="space-y-2">
      <div className="grid grid-cols-[minmax(0,1fr)_9rem_8.5rem] items-start gap-2.5 max-md:grid-cols-2">
        <div className="max-md:col-span-2">
          <Field
            label={t('setup.stageName')} maxLength={100} value={stage.name} error={fault('name') ?? fault('key')}
            autoFocus={stage.uid.startsWith('new-') && stage.name === ''} onChange={e => set({ ...stage, name: e.target.value })}
          />
        </div>
        <SelectField label={t('setup.kind')} value={stage.kind} error={fault('kind')} onChange={e => set({ ...stage, kind: e.target.value as StageRow['kind'] })}>
          {KINDS.map(kind => <option key={kind} value={kind}>{t(`setup.kind.${kind}`)}</option>)}
        </SelectField>
        {stage.kind === 'open' && (
          <Field
            label={t('setup.sla')} type="number" min={1} max={8760} inputMode="numeric" placeholder={t('setup.slaNever')} value={stage.hours} error={fault('sla_hours')}
            onChange={e => set({ ...stage, hours: e.target.value })}
          />
        )}
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Button variant="ghost" aria-expanded={isShown} aria-controls={isShown ? id : undefined} onClick={() => setOpen(!isShown)} className="-ml-2">
          <ListTodo size={13} aria-hidden /> {stage.followUps.length === 0 ? t('setup.noTasks') : tn('setup.tasks', stage.followUps.length)}
        </Button>
        <span className="ml-auto text-xs text-mute">{count > 0 && tn('setup.leadsIn', count, { count: number(count) })}</span>
        {stage.key && <code className="text-xs text-mute" title={t('setup.keyHint')}>{stage.key}</code>}
      </div>
      {isShown && <div id={id}><FollowUps stage={stage} n={n} set={rows => set({ ...stage, followUps: rows })} problem={problem} /></div>}
    </div>
  )
}

type TasksProps = { stage: StageRow; n: number; set: (rows: FollowUpRow[]) => void; problem: Problem | null }

function FollowUps({ stage, n, set, problem }: TasksProps) {
  const t = useT()
  const rows = stage.followUps
  const change = (row: FollowUpRow) => set(rows.map(other => (other.uid === row.uid ? row : other)))
  return (
    <div className="space-y-2.5 rounded-lg bg-bg p-3">
      <p className="text-xs text-mute">{t('setup.tasksText')}</p>
      {rows.map((row, m) => {
        const fault = (name: string) => problem?.field(`stages.${n}.follow_ups.${m}.${name}`)
        return (
          <fieldset key={row.uid} className="relative grid grid-cols-[minmax(0,1fr)_9rem] items-start gap-2.5 rounded-lg border bg-panel p-2.5 pr-10 max-md:grid-cols-1">
            <legend className="sr-only">{say('setup.nth', { what: t('setup.task'), n: m + 1 })}</legend>
            <Field label={t('setup.task')} maxLength={200} value={row.title} error={fault('title')} autoFocus={row.uid.startsWith('new-') && row.title === ''} onChange={e => change({ ...row, title: e.target.value })} />
            <Field
              label={t('setup.dueHours')} type="number" min={0} max={8760} inputMode="numeric" placeholder={t('setup.undated')} value={row.hours} error={fault('due_hours')}
              onChange={e => change({ ...row, hours: e.target.value })}
            />
            <div className="col-span-full">
              <TextArea label={t('setup.taskText')} rows={2} maxLength={2000} value={row.description} error={fault('description')} onChange={e => change({ ...row, description: e.target.value })} className="min-h-14!" />
            </div>
            <Button variant="ghost" size="icon" aria-label={t('setup.removeNamed', { name: row.title || t('setup.task') })} className="absolute top-1 right-1" onClick={() => set(rows.filter(other => other.uid !== row.uid))}>
              <X size={14} aria-hidden />
            </Button>
          </fieldset>
        )
      })}
      <Button onClick={() => set([...rows, { uid: newUid(), title: '', description: '', hours: '24' }])}><Plus size={13} aria-hidden /> {t('setup.addTask')}</Button>
    </div>
  )
}
