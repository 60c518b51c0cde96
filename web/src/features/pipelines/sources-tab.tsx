import { Plus } from 'lucide-react'
import { keyed, moved, newUid } from '@/features/pipelines/draft'
import { KeptForm, Part } from '@/features/pipelines/parts'
import { useDraft, useLeadSettings, useSettingsSave } from '@/features/pipelines/queries'
import { RescoringStatus } from '@/features/pipelines/rescoring'
import { Sortable } from '@/features/pipelines/sortable'
import type { LeadSettings, LeadSource } from '@/lib/api/types'
import { t as say, useT } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Failed, Skeleton } from '@/ui/states'

type SourceRow = { uid: string; key: string; name: string; points: string }

const rowOf = (source: LeadSource): SourceRow => ({ uid: source.key, key: source.key, name: source.name, points: String(source.points ?? 50) })
const sent = (rows: SourceRow[]): LeadSource[] =>
  keyed(rows, row => row.name, [], 'source').map(row => ({ key: row.key, name: row.name.trim(), points: Number(row.points.trim() || Number.NaN) }))

/** Where leads come from, and how good those of each source are. */
export function SourcesTab() {
  const query = useLeadSettings()
  if (query.isPending) return <Skeleton className="h-96" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  return <Editor settings={query.data} />
}

function Editor({ settings }: { settings: LeadSettings }) {
  const t = useT()
  const edit = useDraft(settings.sources.map(rowOf), settings.version)
  const save = useSettingsSave(settings, edit, rows => ({ sources: sent(rows) }))
  const rows = edit.draft
  const set = (next: SourceRow[]) => edit.set(() => next)
  const change = (row: SourceRow) => set(rows.map(other => (other.uid === row.uid ? row : other)))
  return (
    <KeptForm label={t('setup.sources')} isDirty={edit.isDirty} isPending={save.isPending} error={save.error} shows={/^sources\.\d+\.(key|name|points)$/} save={save.save} discard={save.discard}>
      <Part title={t('setup.sources')} text={t('setup.sourcesText')}>
        <RescoringStatus onlyWhileRunning />
        <Sortable label={t('setup.sources')} items={rows} nameOf={row => row.name} move={(from, to) => set(moved(rows, from, to))} remove={row => set(rows.filter(other => other.uid !== row.uid))} isFixed={() => rows.length === 1}>
          {(row, n) => (
            <div className="space-y-1.5">
              <div className="grid grid-cols-[minmax(0,1fr)_7rem] items-start gap-2.5">
                <Field
                  label={t('setup.sourceName')} maxLength={100} value={row.name} error={save.problem?.field(`sources.${n}.name`) ?? save.problem?.field(`sources.${n}.key`)}
                  autoFocus={row.uid.startsWith('new-') && row.name === ''} onChange={e => change({ ...row, name: e.target.value })}
                />
                <Field
                  label={t('setup.points')} type="number" inputMode="numeric" min={0} max={100} value={row.points} error={save.problem?.field(`sources.${n}.points`)}
                  onChange={e => change({ ...row, points: e.target.value })}
                />
              </div>
              <p className="flex items-center gap-2 text-xs text-mute">
                {row.key && <code title={say('setup.keyHint')}>{row.key}</code>}
                {n === 0 && <Badge tone="accent">{t('setup.firstSource')}</Badge>}
              </p>
            </div>
          )}
        </Sortable>
        <Button size="md" onClick={() => set([...rows, { uid: newUid(), key: '', name: '', points: '50' }])}><Plus size={14} aria-hidden /> {t('setup.addSource')}</Button>
      </Part>
    </KeptForm>
  )
}
