import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { KeptForm, Part } from '@/features/pipelines/parts'
import { useDraft, useLeadSettings, useSettingsSave } from '@/features/pipelines/queries'
import { RescoringStatus } from '@/features/pipelines/rescoring'
import { keys } from '@/lib/api/keys'
import { previewScores } from '@/lib/api/pipelines'
import type { LeadSettings, LeadSettingsInput, ScoreWeights } from '@/lib/api/types'
import { number, tOr, useT } from '@/lib/i18n'
import { cn } from '@/ui/cn'
import { Input, Select } from '@/ui/field'
import { Failed, Skeleton } from '@/ui/states'

const WEIGHTS = ['demographic', 'behavioural', 'source', 'intent'] as const
const SETTLED_MS = 250

/** What a score is made of, and what that means for leads that are there. */
export function ScoringTab() {
  const query = useLeadSettings()
  if (query.isPending) return <Skeleton className="h-96" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  return <Editor settings={query.data} />
}

function Editor({ settings }: { settings: LeadSettings }) {
  const t = useT()
  const edit = useDraft(settings.weights as Required<ScoreWeights>, settings.version)
  const save = useSettingsSave(settings, edit, weights => ({ weights }))
  const weights = edit.draft
  const sum = WEIGHTS.reduce((all, name) => all + weights[name], 0)
  const set = (name: (typeof WEIGHTS)[number], text: string) =>
    edit.set(old => ({ ...old, [name]: Math.max(0, Math.min(100, Math.round(Number(text)) || 0)) }))
  return (
    <KeptForm label={t('setup.scoring')} isDirty={edit.isDirty} isPending={save.isPending} error={save.error} shows={/^weights$/} save={save.save} discard={save.discard}>
      <Part title={t('setup.weights')} text={t('setup.weightsText')}>
        <div className="space-y-4 rounded-xl border bg-panel p-4">
          {WEIGHTS.map(name => (
            <div key={name} className="grid grid-cols-[10rem_minmax(0,1fr)_4.5rem] items-center gap-x-3 max-sm:grid-cols-[minmax(0,1fr)_4.5rem]">
              <span aria-hidden className="font-medium max-sm:col-span-full">{t(`lead.part.${name}`)}</span>
              <input type="range" aria-label={t('setup.weightOf', { part: t(`lead.part.${name}`) })} min={0} max={100} value={weights[name]} onChange={e => set(name, e.target.value)} className="w-full accent-(--accent)" />
              <Input type="number" aria-label={t('setup.weightOfAsNumber', { part: t(`lead.part.${name}`) })} min={0} max={100} inputMode="numeric" value={String(weights[name])} onChange={e => set(name, e.target.value)} className="text-right tabular-nums" />
              <span className="col-span-full text-xs text-mute sm:col-start-2">{t(`setup.weightHint.${name}`)}</span>
            </div>
          ))}
          <p className={cn('border-t pt-3', sum === 0 ? 'text-danger' : sum === 100 ? 'text-mute' : 'text-warn')}>
            {sum === 0 ? t('setup.weightsNone') : sum === 100 ? t('setup.weightsFine') : t('setup.weightsSum', { sum })}
          </p>
        </div>
      </Part>
      <Example settings={save.whole} isValid={sum > 0} />
      <Part title={t('setup.older')} text={t('setup.olderText')}>
        <RescoringStatus />
      </Part>
    </KeptForm>
  )
}

/** What the weights mean for a lead that is there, before anything is saved. */
function Example({ settings, isValid }: { settings: LeadSettingsInput; isValid: boolean }) {
  const t = useT()
  const [asked, setAsked] = useState(settings)
  const [chosen, setChosen] = useState(0)
  const text = JSON.stringify(settings)
  useEffect(() => {
    if (!isValid) return
    const timer = setTimeout(() => setAsked(JSON.parse(text) as LeadSettingsInput), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [text, isValid])
  const query = useQuery({ queryKey: keys.scorePreview(asked), queryFn: ({ signal }) => previewScores(asked, signal), placeholderData: keepPreviousData, staleTime: 10_000 })
  const examples = query.data?.examples ?? []
  const example = examples[chosen] ?? examples[0]
  return (
    <Part title={t('setup.example')} text={t('setup.exampleText')}>
      {!example && <Skeleton className="h-40" />}
      {example && (
        <div className="rounded-xl border bg-panel p-4">
          <div className="mb-3 flex flex-wrap items-center gap-3">
            {example.lead ? (
              <Select aria-label={t('setup.exampleLead')} value={chosen} onChange={e => setChosen(Number(e.target.value))}>
                {examples.map((one, n) => <option key={one.lead?.id} value={n}>{one.lead?.name}</option>)}
              </Select>
            ) : (
              <span className="font-medium">{t('setup.madeUp')}</span>
            )}
            <p className="ml-auto text-mute">
              {t('setup.scoreNow')} <span className="tabular-nums">{number(example.score_before)}</span>
              <span aria-hidden> → </span>
              <output aria-label={t('setup.scoreThen')} className="text-lg font-semibold text-fg tabular-nums">{number(example.score)}</output>
            </p>
          </div>
          <ul className="space-y-1">
            {example.score_parts.map(part => (
              <li key={part.part} className="flex justify-between gap-3">
                <span className="min-w-0">{tOr(`lead.part.${part.part}`, part.part)}</span>
                <span className={cn('tabular-nums', part.points < 0 ? 'text-danger' : part.points > 0 ? 'text-ok' : 'text-mute')}>{part.points > 0 ? '+' : ''}{number(part.points)}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Part>
  )
}
