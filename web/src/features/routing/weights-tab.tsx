import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useRoutingSettings } from '@/features/routing/queries'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { saveRoutingSettings } from '@/lib/api/routing'
import type { RoutingSettings, ScorePart } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Check, Field } from '@/ui/field'
import { ScoreBar } from '@/ui/score-bar'
import { Failed, FormError, Skeleton } from '@/ui/states'

const PARTS: ScorePart[] = ['keywords', 'kpi', 'capacity', 'shift', 'continuity']

export function WeightsTab() {
  const query = useRoutingSettings()
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!query.data) return <Skeleton className="h-72 max-w-lg" />
  return <WeightsForm key={query.data.version} settings={query.data} />
}

function WeightsForm({ settings }: { settings: RoutingSettings }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const mayWrite = can(me, 'routing.settings')
  const [form, setForm] = useState(settings)
  const save = useMutation({
    mutationFn: () => saveRoutingSettings(form),
    onSuccess: saved => {
      client.setQueryData(keys.routingSettings, saved)
      toast(t('common.saved'))
    },
  })
  const problem = save.error instanceof Problem ? save.error : null
  const isStale = problem?.code === 'stale_version'
  return (
    <form
      aria-label={t('routing.weights')}
      className="max-w-lg space-y-4 rounded-xl border bg-panel p-5"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <p className="text-mute">{t('weights.text')}</p>
      {save.error && (problem?.fields.length ?? 0) === 0 && <FormError>{isStale ? t('ticket.stale') : save.error.message}</FormError>}
      {PARTS.map(part => (
        <label key={part} className="grid grid-cols-[8.5rem_1fr_2.5rem] items-center gap-3">
          <span>{t(`score.${part}`)}</span>
          <input
            type="range"
            min={0}
            max={100}
            value={form.weights[part]}
            disabled={!mayWrite}
            onChange={e => setForm({ ...form, weights: { ...form.weights, [part]: Number(e.target.value) } })}
            className="accent-(--accent)"
          />
          <output className="text-right font-medium tabular-nums">{form.weights[part]}</output>
        </label>
      ))}
      <ScoreBar parts={form.weights} />
      <div className="grid grid-cols-2 gap-4 pt-2">
        <Field label={t('weights.capacity')} type="number" min={1} max={500} value={form.default_capacity} disabled={!mayWrite} onChange={e => setForm({ ...form, default_capacity: Number(e.target.value) })} error={problem?.field('default_capacity')} />
        <Field label={t('weights.reopen')} type="number" min={0} value={form.reopen_hours} disabled={!mayWrite} onChange={e => setForm({ ...form, reopen_hours: Number(e.target.value) })} error={problem?.field('reopen_hours')} />
      </div>
      <Check label={t('weights.strictOwn')} checked={form.strict_own} disabled={!mayWrite} onChange={e => setForm({ ...form, strict_own: e.target.checked })} />
      {mayWrite && (
        <div className="flex gap-2">
          <Button type="submit" variant="solid" size="md" disabled={save.isPending}>{t('common.save')}</Button>
          <Button size="md" onClick={() => setForm(settings)}>{t('common.cancel')}</Button>
        </div>
      )}
    </form>
  )
}
