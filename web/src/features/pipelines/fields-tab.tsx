import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Plus, SquareKanban } from 'lucide-react'
import { fieldAgain, fieldsOf, keyOf, moved, newUid, sentFields, type FieldRow } from '@/features/pipelines/draft'
import { Chooser, KeptForm, Part } from '@/features/pipelines/parts'
import { Former, useChosen } from '@/features/pipelines/pipelines-tab'
import { isStale, useDraft } from '@/features/pipelines/queries'
import { Sortable } from '@/features/pipelines/sortable'
import { keys } from '@/lib/api/keys'
import { changePipeline } from '@/lib/api/pipelines'
import { Problem } from '@/lib/api/problem'
import type { Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Check, Field, SelectField, TextArea } from '@/ui/field'
import { Empty, Failed, Skeleton } from '@/ui/states'

const KINDS = ['text', 'number', 'date', 'bool', 'choice'] as const
const SHOWS = /^fields\.\d+\.(label|key|kind|options)(\.\d+)?$/

/** What is asked of the leads of a pipeline besides the usual. */
export function FieldsTab() {
  const t = useT()
  const { query, all, chosen } = useChosen()
  if (query.isPending) return <Skeleton className="h-96" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  return (
    <>
      <p className="mb-4 text-mute">{t('setup.fieldsText')}</p>
      <Chooser pipelines={all} chosen={chosen?.id} tab="fields" />
      {chosen ? <Editor key={chosen.id} pipeline={chosen} /> : <Empty icon={SquareKanban} title={t('setup.noPipeline')} />}
    </>
  )
}

function Editor({ pipeline }: { pipeline: Pipeline }) {
  const t = useT()
  const client = useQueryClient()
  const edit = useDraft<FieldRow[]>(fieldsOf(pipeline), pipeline.version)
  const rows = edit.draft
  const set = (next: FieldRow[]) => edit.set(() => next)
  const save = useMutation({
    mutationFn: (version: number) => changePipeline(pipeline.id, { fields: sentFields(rows, pipeline) }, version),
    onSuccess: after => {
      edit.discard()
      client.setQueryData<Pipeline[]>(keys.pipelines, old => old?.map(one => (one.id === after.id ? after : one)))
      void client.invalidateQueries({ queryKey: keys.leadOf })
      toast(t('setup.said.saved', { name: after.name }))
    },
    onError: error => void (isStale(error) && client.invalidateQueries({ queryKey: keys.pipelines })),
  })
  const problem = save.error instanceof Problem ? save.error : null
  const former = pipeline.fields.filter(field => !field.is_active && !rows.some(row => row.key === field.key))
  const gone = edit.from.filter(field => !rows.some(row => row.key === field.key))
  return (
    <KeptForm
      label={t('setup.fieldsOf', { name: pipeline.name })} isDirty={edit.isDirty} isPending={save.isPending} error={save.error} shows={SHOWS}
      save={() => save.mutate(isStale(save.error) ? pipeline.version : edit.version)}
      discard={() => {
        save.reset()
        edit.discard()
      }}
    >
      <Part title={t('setup.fieldsOf', { name: pipeline.name })}>
        {rows.length === 0 && <p className="text-mute">{t('setup.noFields')}</p>}
        <Sortable label={t('setup.fields')} items={rows} nameOf={row => row.label} move={(from, to) => set(moved(rows, from, to))} remove={row => set(rows.filter(other => other.uid !== row.uid))}>
          {(row, n) => <FieldFields row={row} n={n} rows={rows} pipeline={pipeline} problem={problem} set={next => set(rows.map(other => (other.uid === row.uid ? next : other)))} />}
        </Sortable>
        {gone.length > 0 && <p role="status" className="rounded-lg bg-warn/10 px-3 py-2 text-warn">{t('setup.fieldsGone', { names: gone.map(field => field.label).join(', ') })}</p>}
        <div className="flex flex-wrap gap-2">
          <Button size="md" onClick={() => set([...rows, { uid: newUid(), key: '', label: '', kind: 'text', options: '', required: false, filterable: false, isNew: true }])}>
            <Plus size={14} aria-hidden /> {t('setup.addField')}
          </Button>
          <Former items={former} nameOf={field => field.label} again={field => set([...rows, fieldAgain(field)])} />
        </div>
      </Part>
    </KeptForm>
  )
}

type RowProps = { row: FieldRow; n: number; rows: FieldRow[]; pipeline: Pipeline; problem: Problem | null; set: (row: FieldRow) => void }

function FieldFields({ row, n, rows, pipeline, problem, set }: RowProps) {
  const t = useT()
  const fault = (name: string) => problem?.field(`fields.${n}.${name}`)
  const taken = [...pipeline.fields.map(field => field.key), ...rows.map(other => other.key).filter(Boolean)]
  const key = row.key || (row.label.trim() && keyOf(row.label, taken, 'field'))
  const badOption = problem?.fields.find(one => one.field.startsWith(`fields.${n}.options`))?.message
  return (
    <div className="space-y-2.5">
      <div className="grid grid-cols-[minmax(0,1fr)_11rem] items-start gap-2.5 max-sm:grid-cols-1">
        <Field
          label={t('setup.fieldLabel')} maxLength={100} value={row.label} error={fault('label') ?? fault('key')} hint={key && <>{t('setup.key')} <code>{key}</code></>}
          autoFocus={row.isNew && row.label === ''} onChange={e => set({ ...row, label: e.target.value })}
        />
        <SelectField
          label={t('setup.fieldKind')} value={row.kind} disabled={!row.isNew} hint={row.isNew ? undefined : t('setup.fieldKindFixed')} error={fault('kind')}
          onChange={e => set({ ...row, kind: e.target.value as FieldRow['kind'] })}
        >
          {KINDS.map(kind => <option key={kind} value={kind}>{t(`setup.fieldKind.${kind}`)}</option>)}
        </SelectField>
      </div>
      {row.kind === 'choice' && (
        <TextArea label={t('setup.options')} hint={t('setup.optionsHint')} rows={4} value={row.options} error={badOption} onChange={e => set({ ...row, options: e.target.value })} />
      )}
      <div className="flex flex-wrap gap-x-5 gap-y-1.5">
        <Check label={t('setup.required')} checked={row.required} onChange={e => set({ ...row, required: e.target.checked })} />
        <Check label={t('setup.filterable')} checked={row.filterable} onChange={e => set({ ...row, filterable: e.target.checked })} />
      </div>
    </div>
  )
}
