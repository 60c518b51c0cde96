import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { KeptForm, Part } from '@/features/pipelines/parts'
import { useDraft, useLeadSettings, useSettingsSave } from '@/features/pipelines/queries'
import { keys } from '@/lib/api/keys'
import { fetchLeadAgents, setLeadCapacity } from '@/lib/api/pipelines'
import { messageOf } from '@/lib/api/problem'
import type { LeadAgent, LeadSettings } from '@/lib/api/types'
import { number, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast, toastFailure } from '@/lib/toast'
import { cn } from '@/ui/cn'
import { Field, Input } from '@/ui/field'
import { Failed, Skeleton } from '@/ui/states'

/** How many leads somebody takes, and when one has been quiet for too long. */
export function AssignmentTab() {
  const query = useLeadSettings()
  if (query.isPending) return <Skeleton className="h-96" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  return <Editor settings={query.data} />
}

function Editor({ settings }: { settings: LeadSettings }) {
  const t = useT()
  const edit = useDraft(
    { capacity: String(settings.default_capacity), warning: String(settings.stale_warning_days), critical: String(settings.stale_critical_days) },
    settings.version,
  )
  const whole = (text: string) => Number(text.trim() || Number.NaN)
  const save = useSettingsSave(settings, edit, form => ({
    default_capacity: whole(form.capacity), stale_warning_days: whole(form.warning), stale_critical_days: whole(form.critical),
  }))
  const field = (name: keyof typeof edit.draft, at: string, max: number) => ({
    type: 'number', inputMode: 'numeric' as const, min: 1, max, value: edit.draft[name], error: save.problem?.field(at),
    onChange: (e: { target: { value: string } }) => edit.set(old => ({ ...old, [name]: e.target.value })),
  })
  return (
    <div className="space-y-7">
      <KeptForm
        label={t('setup.assignment')} isDirty={edit.isDirty} isPending={save.isPending} error={save.error} save={save.save} discard={save.discard}
        shows={/^(default_capacity|stale_(warning|critical)_days)$/}
      >
        <Part title={t('setup.stale')} text={t('setup.staleText')}>
          <div className="grid grid-cols-2 items-start gap-3 rounded-xl border bg-panel p-4 max-sm:grid-cols-1">
            <Field label={t('setup.staleWarning')} {...field('warning', 'stale_warning_days', 3650)} />
            <Field label={t('setup.staleCritical')} {...field('critical', 'stale_critical_days', 3650)} />
          </div>
        </Part>
        <Part title={t('setup.capacity')} text={t('setup.capacityText')}>
          <div className="rounded-xl border bg-panel p-4">
            <Field label={t('setup.defaultCapacity')} {...field('capacity', 'default_capacity', 100_000)} className="max-w-40" />
          </div>
        </Part>
      </KeptForm>
      <People usual={settings.default_capacity} />
      <Part title={t('setup.strategies')} text={t('setup.strategiesText')}>
        <Link to="/vendors" search={{ tab: 'defaults' }} className="text-accent hover:underline">{t('setup.vendorDefaults')}</Link>
      </Part>
    </div>
  )
}

function People({ usual }: { usual: number }) {
  const t = useT()
  const query = useQuery({ queryKey: keys.leadAgents, queryFn: fetchLeadAgents })
  if (query.isPending) return <Skeleton className="h-40" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  const people = query.data.agents.toSorted((a, b) => a.name.localeCompare(b.name))
  return (
    <Part title={t('setup.ownCapacity')} text={t('setup.ownCapacityText', { n: usual })}>
      <ul className="divide-y rounded-xl border bg-panel">
        {people.map(agent => <Person key={agent.agent_id} agent={agent} usual={usual} />)}
      </ul>
    </Part>
  )
}

/** One person's own number, kept when the field is left. */
function Person({ agent, usual }: { agent: LeadAgent; usual: number }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const stored = String(agent.max_capacity ?? '')
  const [typed, setTyped] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: (text: string) => setLeadCapacity(agent.agent_id, text === '' ? null : Number(text)),
    onSuccess: () => {
      setTyped(null)
      toast(t('setup.said.capacity', { name: agent.name }))
    },
    onError: (error, text) => toastFailure(messageOf(error), () => save.mutate(text)),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.leadAgents }),
  })
  const share = agent.capacity.max > 0 ? Math.min(1, agent.capacity.current / agent.capacity.max) : 1
  const text = (typed ?? stored).trim()
  const isWrong = text !== '' && !/^\d{1,6}$/.test(text)
  const keep = () => {
    if (typed !== null && text !== stored && !isWrong) save.mutate(text)
    else if (text === stored) setTyped(null)
  }
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_10rem_6rem] items-center gap-3 px-4 py-2.5 max-sm:grid-cols-[minmax(0,1fr)_6rem]">
      <span className="truncate font-medium">{agent.name}</span>
      <div className="max-sm:order-last max-sm:col-span-full">
        <p className="mb-1 text-xs text-mute">{t('setup.hasOf', { n: number(agent.capacity.current), all: number(agent.capacity.max) })}</p>
        <span aria-hidden className="flex h-1.5 overflow-hidden rounded-full bg-fg/8">
          <span className={cn('rounded-full', share >= 1 ? 'bg-warn' : 'bg-ok')} style={{ width: `${share * 100}%` }} />
        </span>
      </div>
      <Input
        type="text" inputMode="numeric" aria-label={t('setup.capacityOf', { name: agent.name })} aria-invalid={isWrong || undefined} placeholder={number(usual)} maxLength={6}
        disabled={!can(me, 'users.write') || save.isPending} value={typed ?? stored} onChange={e => setTyped(e.target.value)} onBlur={keep}
        onKeyDown={e => {
          if (e.key === 'Enter') keep()
          if (e.key === 'Escape') setTyped(null)
        }}
        className="text-right tabular-nums"
      />
    </li>
  )
}
