import { useMutation, useQuery } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { simulate } from '@/lib/api/routing'
import { departmentsQuery } from '@/lib/api/staff'
import type { Simulation } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { channelName, CHANNELS } from '@/ui/channel-icon'
import { DecisionView } from '@/ui/decision-view'
import { SelectField, TextArea } from '@/ui/field'
import { SpamParts } from '@/ui/lazy-spam-parts'
import { Empty, FormError } from '@/ui/states'

/** A trial: what would happen to this message, without anything happening. */
export function SimulatorTab() {
  const t = useT()
  const [content, setContent] = useState('')
  const [channel, setChannel] = useState('')
  const [department, setDepartment] = useState('')
  const departments = useQuery(departmentsQuery)
  const run = useMutation({ mutationFn: () => simulate(content.trim(), channel || undefined, Number(department) || undefined) })
  return (
    <section aria-label={t('routing.simulator')} className="grid items-start gap-6 lg:grid-cols-2">
      <form
        className="space-y-4 rounded-xl border bg-panel p-5"
        onSubmit={event => {
          event.preventDefault()
          if (content.trim()) run.mutate()
        }}
      >
        <TextArea label={t('simulator.message')} hint={t('simulator.hint')} value={content} onChange={e => setContent(e.target.value)} required />
        <div className="grid grid-cols-2 gap-3">
          <SelectField label={t('ticket.channel')} value={channel} onChange={e => setChannel(e.target.value)}>
            <option value="">{t('filter.any')}</option>
            {CHANNELS.map(name => <option key={name} value={name}>{channelName(name)}</option>)}
          </SelectField>
          <SelectField label={t('ticket.department')} value={department} onChange={e => setDepartment(e.target.value)}>
            <option value="">{t('simulator.byRules')}</option>
            {departments.data?.map(d => <option key={d.id} value={d.id}>{d.name}</option>)}
          </SelectField>
        </div>
        {run.error && <FormError>{run.error.message}</FormError>}
        <Button type="submit" variant="solid" size="md" disabled={run.isPending}>{t('simulator.run')}</Button>
      </form>
      <div aria-live="polite" className="rounded-xl border bg-panel">
        {run.data ? <Result result={run.data} /> : <Empty icon={FlaskConical} title={t('simulator.none')} text={t('simulator.noneText')} />}
      </div>
    </section>
  )
}

function Result({ result }: { result: Simulation }) {
  const t = useT()
  return (
    <div className="space-y-4 p-5">
      <DecisionView decision={result.decision} />
      <div className="border-t pt-3 text-xs">
        <p className="flex items-center gap-2">
          <span className="text-mute">{t('simulator.spam')}</span>
          <Badge tone={result.spam.is_spam ? 'danger' : 'ok'}>{result.spam.is_spam ? t('simulator.isSpam') : t('simulator.notSpam')} · {Math.round(result.spam.score * 100)}</Badge>
        </p>
        <div className="mt-2"><SpamParts parts={result.spam.parts} /></div>
        <p className="mt-3 break-words"><span className="text-mute">{t('simulator.folded')}</span> {result.folded}</p>
      </div>
    </div>
  )
}
