import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Plus, SquareKanban } from 'lucide-react'
import { useState } from 'react'
import { draftOf, changesOf, moved, newUid, stageAgain, type PipelineDraft, type StageRow } from '@/features/pipelines/draft'
import { NewPipelineDialog } from '@/features/pipelines/new-pipeline'
import { Chooser, KeptForm, Part } from '@/features/pipelines/parts'
import { isStale, useDraft, useStageCounts } from '@/features/pipelines/queries'
import { RemoveStageDialog } from '@/features/pipelines/remove-stage'
import { Sortable } from '@/features/pipelines/sortable'
import { StageFields } from '@/features/pipelines/stage-row'
import { WordsEditor } from '@/features/pipelines/words-editor'
import { keys } from '@/lib/api/keys'
import { pipelinesQuery } from '@/lib/api/leads'
import { businessHoursQuery, changePipeline, retirePipeline } from '@/lib/api/pipelines'
import { messageOf, Problem } from '@/lib/api/problem'
import type { Pipeline, Stage } from '@/lib/api/types'
import { number, tn, useT } from '@/lib/i18n'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Check, Field, SelectField } from '@/ui/field'
import { Menu, MenuItem } from '@/ui/menu'
import { Empty, Failed, Skeleton } from '@/ui/states'

const route = getRouteApi('/desk/pipelines')
/** Faults that stand at their fields. */
const SHOWS = /^(name|currency|business_hours_id)$|^stages\.\d+\.(name|key|kind|sla_hours|follow_ups\.\d+\.(title|description|due_hours))$|^(dispositions|checklist)\.\d+\.(name|key)$|^lost_reasons\.\d+$/

/** The pipeline that the address names, else the default one. */
export function useChosen() {
  const query = useQuery({ ...pipelinesQuery, staleTime: 0 })
  const { p } = route.useSearch()
  const all = query.data ?? []
  return { query, all, chosen: all.find(one => one.id === p) ?? all.find(one => one.is_default) ?? all[0] }
}

export function PipelinesTab() {
  const t = useT()
  const navigate = route.useNavigate()
  const { query, all, chosen } = useChosen()
  const [isAdding, setAdding] = useState(false)
  if (query.isPending) return <Skeleton className="h-96" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  const add = <Button size="md" onClick={() => setAdding(true)}><Plus size={14} aria-hidden /> {t('setup.newPipeline')}</Button>
  return (
    <>
      <p className="mb-4 text-mute">{t('setup.pipelinesText')}</p>
      <Chooser pipelines={all} chosen={chosen?.id} tab={undefined}>{add}</Chooser>
      {!chosen && <Empty icon={SquareKanban} title={t('setup.noPipeline')}>{add}</Empty>}
      {chosen && <Editor key={chosen.id} pipeline={chosen} />}
      {isAdding && <NewPipelineDialog pipelines={all} onOpenChange={setAdding} onMade={made => void navigate({ search: { p: made.id } })} />}
    </>
  )
}

function Editor({ pipeline }: { pipeline: Pipeline }) {
  const t = useT()
  const client = useQueryClient()
  const counts = useStageCounts(pipeline)
  const hours = useQuery(businessHoursQuery)
  const edit = useDraft<PipelineDraft>(draftOf(pipeline), pipeline.version)
  const [leaving, setLeaving] = useState<Stage | null>(null)
  const { draft } = edit
  const set = (change: Partial<PipelineDraft>) => edit.set(old => ({ ...old, ...change }))
  const keep = (after: Pipeline) => client.setQueryData<Pipeline[]>(keys.pipelines, old => old?.map(one => (one.id === after.id ? after : one)))
  const save = useMutation({
    mutationFn: (version: number) => changePipeline(pipeline.id, changesOf(draft, edit.from, pipeline), version),
    onSuccess: after => {
      edit.discard()
      keep(after)
      // Another one may have been the default until now.
      void client.invalidateQueries({ queryKey: keys.pipelines })
      void client.invalidateQueries({ queryKey: keys.leads })
      toast(t('setup.said.saved', { name: after.name }))
    },
    onError: error => void (isStale(error) && client.invalidateQueries({ queryKey: keys.pipelines })),
  })
  const problem = save.error instanceof Problem ? save.error : null
  const discard = () => {
    save.reset()
    edit.discard()
  }
  const setStages = (stages: StageRow[]) => set({ stages })
  const remove = (row: StageRow) => {
    const stage = pipeline.stages.find(one => one.key === row.key && one.is_active)
    if (stage && counts.of(stage.key) > 0) setLeaving(stage)
    else setStages(draft.stages.filter(other => other.uid !== row.uid))
  }
  const former = pipeline.stages.filter(stage => !stage.is_active && !draft.stages.some(row => row.key === stage.key) && !counts.leaving.some(one => one.status === stage.key))
  return (
    <KeptForm
      label={pipeline.name} isDirty={edit.isDirty} isPending={save.isPending} error={save.error} shows={SHOWS} discard={discard}
      save={() => save.mutate(isStale(save.error) ? pipeline.version : edit.version)}
    >
      <Part title={t('setup.thePipeline')}>
        <div className="space-y-3.5 rounded-xl border bg-panel p-4">
          <div className="grid grid-cols-[minmax(0,1fr)_9rem] items-start gap-3">
            <Field label={t('setup.name')} maxLength={100} value={draft.name} error={problem?.field('name')} onChange={e => set({ name: e.target.value })} />
            <Field
              label={t('setup.currency')} maxLength={3} value={draft.currency} error={problem?.field('currency')} autoCapitalize="characters"
              onChange={e => set({ currency: e.target.value.toUpperCase() })}
            />
          </div>
          {((hours.data?.length ?? 0) > 0 || draft.hoursId !== null) && (
            <SelectField
              label={t('setup.hours')} hint={t('setup.hoursHint')} value={draft.hoursId ?? ''} error={problem?.field('business_hours_id')}
              onChange={e => set({ hoursId: Number(e.target.value) || null })}
            >
              <option value="">{t('setup.hoursClock')}</option>
              {hours.data?.map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
            </SelectField>
          )}
          <Check
            label={<>{t('setup.isDefault')} <span className="text-mute">{t(pipeline.is_default ? 'setup.isDefaultFixed' : 'setup.isDefaultHint')}</span></>}
            checked={draft.isDefault} disabled={pipeline.is_default || !pipeline.is_active} onChange={e => set({ isDefault: e.target.checked })}
          />
          <Check label={<>{t('setup.hasStudents')} <span className="text-mute">{t('setup.hasStudentsHint')}</span></>} checked={draft.hasStudents} onChange={e => set({ hasStudents: e.target.checked })} />
        </div>
      </Part>
      <Part title={t('setup.stages')} text={t('setup.stagesText')}>
        {counts.leaving.map(one => (
          <p key={one.status} role="status" className="rounded-lg bg-accent-soft px-3 py-2">{tn('setup.leaving', one.count, { count: number(one.count), stage: one.name })}</p>
        ))}
        {problem?.field('stages') && <p role="alert" className="text-danger">{t('setup.needsOpen')}</p>}
        <Sortable label={t('setup.stages')} items={draft.stages} nameOf={row => row.name} move={(from, to) => setStages(moved(draft.stages, from, to))} remove={remove}>
          {(row, n) => (
            <StageFields
              stage={row} n={n} count={row.key ? counts.of(row.key) : 0} problem={problem}
              set={next => setStages(draft.stages.map(other => (other.uid === row.uid ? next : other)))}
            />
          )}
        </Sortable>
        <div className="flex flex-wrap gap-2">
          <Button size="md" onClick={() => setStages(placed(draft.stages, { uid: newUid(), key: '', name: '', kind: 'open', hours: '', followUps: [] }))}>
            <Plus size={14} aria-hidden /> {t('setup.addStage')}
          </Button>
          <Former items={former} nameOf={stage => stage.name} again={stage => setStages(placed(draft.stages, stageAgain(stage)))} />
        </div>
      </Part>
      <Part title={t('setup.lostReasons')} text={t('setup.lostReasonsText')}>
        <WordsEditor label={t('setup.lostReasons')} one={t('setup.reason')} add={t('setup.addReason')} rows={draft.lostReasons} set={lostReasons => set({ lostReasons })} problem={problem} field="lost_reasons" />
      </Part>
      <Part title={t('setup.dispositions')} text={t('setup.dispositionsText')}>
        <WordsEditor label={t('setup.dispositions')} one={t('setup.disposition')} add={t('setup.addDisposition')} rows={draft.dispositions} set={dispositions => set({ dispositions })} problem={problem} field="dispositions" />
      </Part>
      <Part title={t('setup.checklist')} text={t('setup.checklistText')}>
        <WordsEditor label={t('setup.checklist')} one={t('setup.checklistItem')} add={t('setup.addItem')} rows={draft.checklist} set={checklist => set({ checklist })} problem={problem} field="checklist" />
      </Part>
      {!pipeline.is_default && <InUse pipeline={pipeline} keep={keep} />}
      {leaving && (
        <RemoveStageDialog
          pipeline={pipeline} stage={leaving} count={counts.of(leaving.key)} onOpenChange={() => setLeaving(null)}
          onRemoved={after => {
            edit.rebase(draftOf(after), after.version, old => ({ ...old, stages: old.stages.filter(row => row.key !== leaving.key) }))
            setLeaving(null)
          }}
        />
      )}
    </KeptForm>
  )
}

/** A new open stage goes before those in which leads end. */
function placed(stages: StageRow[], stage: StageRow): StageRow[] {
  const end = stages.findIndex(one => one.kind !== 'open')
  return end < 0 || stage.kind !== 'open' ? [...stages, stage] : stages.toSpliced(end, 0, stage)
}

/** What was taken out once, to be put in again. */
export function Former<T extends { key: string }>({ items, nameOf, again }: { items: T[]; nameOf: (item: T) => string; again: (item: T) => void }) {
  const t = useT()
  if (items.length === 0) return null
  return (
    <Menu align="start" trigger={<Button size="md" variant="ghost">{t('setup.putBack')}</Button>}>
      {items.map(item => <MenuItem key={item.key} onSelect={() => again(item)}>{nameOf(item)}</MenuItem>)}
    </Menu>
  )
}

/** Takes a pipeline out of use, and in again. */
function InUse({ pipeline, keep }: { pipeline: Pipeline; keep: (after: Pipeline) => void }) {
  const t = useT()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const turn = useMutation({
    mutationFn: async () => {
      if (pipeline.is_active) await retirePipeline(pipeline.id, pipeline.version)
      else keep(await changePipeline(pipeline.id, { is_active: true }, pipeline.version))
    },
    onError: error => toastFailure(messageOf(error)),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.pipelines }),
  })
  return (
    <Part title={t('setup.use')} text={t(pipeline.is_active ? 'setup.useText' : 'setup.useAgainText')}>
      {pipeline.is_active ? (
        <Button size="md" variant="danger" disabled={turn.isPending} onClick={() => setAsking(true)}>{t('setup.retire')}</Button>
      ) : (
        <Button size="md" disabled={turn.isPending} onClick={() => turn.mutate()}>{t('setup.useAgain')}</Button>
      )}
      {isAsking && (
        <ConfirmDialog
          title={t('setup.retireNamed', { name: pipeline.name })} description={t('setup.retireText')} submit={t('setup.retire')}
          onConfirm={() => turn.mutate()} onOpenChange={setAsking}
        />
      )}
    </Part>
  )
}
