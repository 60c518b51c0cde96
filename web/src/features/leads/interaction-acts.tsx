import { useMutation } from '@tanstack/react-query'
import { Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import { changeInteraction, deleteInteraction } from '@/lib/api/interactions'
import { Problem } from '@/lib/api/problem'
import type { Interaction, InteractionChange, InteractionKind, InteractionOutcome, TimelineEntry } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { fromField, toField } from '@/lib/local-time'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { removeSoon } from '@/lib/removals'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Field, SelectField, TextArea } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'
import { OUTCOMES } from '@/ui/log-composer'

const KINDS: InteractionKind[] = ['note', 'call', 'meeting', 'email']

/** Changes and removes what somebody logged. What the desk logged by itself stays as it is. */
export function InteractionActs({ entry }: { entry: TimelineEntry }) {
  const t = useT()
  const me = useMe()
  const { refresh } = useLeadActions()
  const [isEditing, setEditing] = useState(false)
  const logged = entry.event_type === 'interaction' ? (entry.item as Interaction | null) : null
  if (!logged || !KINDS.some(kind => kind === logged.type)) return null
  if (!can(me, 'leads.write', 'team') && !(can(me, 'leads.write') && logged.created_by?.id === me.id)) return null
  const remove = () =>
    removeSoon({
      name: `interaction:${logged.id}`,
      said: t('entry.said.removed'),
      run: leaving => deleteInteraction(logged.id, leaving),
      settled: () => refresh(logged.lead_id),
    })
  return (
    <span className="flex">
      <Button variant="ghost" size="tiny" aria-label={t('entry.edit')} onClick={() => setEditing(true)}><Pencil size={12} aria-hidden /></Button>
      <Button variant="ghost" size="tiny" aria-label={t('entry.remove')} onClick={remove}><Trash2 size={12} aria-hidden /></Button>
      {isEditing && <InteractionDialog logged={logged} onOpenChange={setEditing} />}
    </span>
  )
}

/** As somebody types it: whole minutes, or a tenth where it is none. */
const minutesOf = (seconds: number | null): string => (seconds === null ? '' : String(Math.round(seconds / 6) / 10))

function InteractionDialog({ logged, onOpenChange }: { logged: Interaction; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const { refresh } = useLeadActions()
  const [before] = useState({ type: logged.type as InteractionKind, summary: logged.summary, outcome: logged.outcome ?? '', minutes: minutesOf(logged.duration_seconds), when: toField(logged.occurred_at) })
  const [fields, setFields] = useState(before)
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  // Only what was changed: the time keeps its seconds.
  const wanted: InteractionChange = {
    ...(fields.type !== before.type ? { type: fields.type } : {}),
    ...(fields.summary !== before.summary ? { summary: fields.summary.trim() } : {}),
    ...(fields.outcome !== before.outcome ? { outcome: (fields.outcome || null) as InteractionOutcome | null } : {}),
    ...(fields.minutes !== before.minutes ? { duration_seconds: fields.minutes.trim() ? Math.round(Number(fields.minutes) * 60) : null } : {}),
    ...(fields.when !== before.when && fields.when ? { occurred_at: fromField(fields.when) } : {}),
  }
  const save = useMutation({
    mutationFn: (version: number | undefined) => changeInteraction(logged.id, wanted, version),
    onSuccess: () => {
      toast(t('common.saved'))
      onOpenChange(false)
    },
    onSettled: () => refresh(logged.lead_id),
  })
  const problem = save.error instanceof Problem ? save.error : null
  const isStale = problem?.code === 'stale_version'
  return (
    <FormDialog
      title={t('entry.edit')}
      submit={t(isStale ? 'task.saveAllTheSame' : 'common.save')}
      error={save.error}
      isPending={save.isPending}
      onSubmit={() => (Object.keys(wanted).length === 0 ? onOpenChange(false) : save.mutate(isStale ? undefined : logged.version))}
      onOpenChange={onOpenChange}
    >
      <SelectField label={t('entry.kind')} value={fields.type} error={problem?.field('type')} onChange={e => set({ type: e.target.value as InteractionKind })}>
        {KINDS.map(kind => <option key={kind} value={kind}>{t(`lead.log.${kind}`)}</option>)}
      </SelectField>
      <TextArea label={t('entry.summary')} maxLength={10_000} value={fields.summary} error={problem?.field('summary')} onChange={e => set({ summary: e.target.value })} />
      <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
        <SelectField label={t('lead.result')} value={fields.outcome} error={problem?.field('outcome')} onChange={e => set({ outcome: e.target.value as InteractionOutcome | '' })}>
          <option value="">{t('lead.noResult')}</option>
          {OUTCOMES.map(outcome => <option key={outcome} value={outcome}>{t(`lead.result.${outcome}`)}</option>)}
        </SelectField>
        <Field label={t('entry.when')} type="datetime-local" required value={fields.when} error={problem?.field('occurred_at')} onChange={e => set({ when: e.target.value })} />
        <Field label={t('entry.minutes')} type="number" min={0} max={1440} step="any" inputMode="decimal" value={fields.minutes} error={problem?.field('duration_seconds')} onChange={e => set({ minutes: e.target.value })} />
      </div>
    </FormDialog>
  )
}
