import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Store } from 'lucide-react'
import { useEffect, useState } from 'react'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { changePortalProfile, fetchPortal, fetchPortalLeads, fetchPortalPerformance, fetchPortalProfile } from '@/lib/api/vendors'
import type { PortalLead, VendorProfile } from '@/lib/api/types'
import { number, useT } from '@/lib/i18n'
import { dateTime } from '@/lib/time'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Field, Select } from '@/ui/field'
import { PerformanceView } from '@/ui/performance'
import { Empty, Failed, FormError, Skeleton } from '@/ui/states'

/** What a vendor's own people see: their leads, what became of them, and how the vendor is reached. */
export function PortalPage() {
  const t = useT()
  const dashboard = useQuery({ queryKey: keys.portal, queryFn: fetchPortal })
  const told = useQuery({ queryKey: [...keys.portal, 'performance'], queryFn: fetchPortalPerformance })
  useEffect(() => {
    document.title = `${dashboard.data?.name ?? t('nav.portal')} · Frontdesk`
  }, [t, dashboard.data?.name])
  if (dashboard.isPending) return <main className="flex-1 p-6" aria-busy><Skeleton className="h-64" /></main>
  if (dashboard.isError) return <main className="flex-1"><Failed error={dashboard.error} retry={() => void dashboard.refetch()} /></main>
  const { overview, by_status } = dashboard.data
  const numbers: [string, string][] = [
    [t('portal.total'), number(overview.total_leads)],
    [t('portal.today'), number(overview.today)],
    [t('portal.yesterday'), number(overview.yesterday)],
    [t('portal.week'), number(overview.week)],
    [t('portal.month'), number(overview.month)],
    [t('portal.growth'), `${overview.growth_rate > 0 ? '+' : ''}${number(overview.growth_rate)} %`],
  ]
  return (
    <main className="min-w-0 flex-1 overflow-auto p-6 max-sm:p-4">
      <div className="max-w-5xl space-y-5">
        <h1 className="text-[15px] font-semibold">{dashboard.data.name} <span className="font-normal text-mute">{dashboard.data.vendor_code}</span></h1>
        <dl className="grid grid-cols-6 gap-3 max-lg:grid-cols-3 max-sm:grid-cols-2">
          {numbers.map(([name, value]) => (
            <div key={name} className="rounded-xl border bg-panel p-3">
              <dt className="text-xs text-mute">{name}</dt>
              <dd className="text-lg font-semibold tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
        {by_status.length > 0 && (
          <ul aria-label={t('lead.stages')} className="flex flex-wrap gap-2">
            {by_status.map(stage => <li key={stage.status}><Badge>{stage.name} {number(stage.count)}</Badge></li>)}
          </ul>
        )}
        <Leads stages={by_status} />
        <section className="rounded-xl border bg-panel p-4">
          <h2 className="mb-3 font-semibold">{t('portal.last30')}</h2>
          {told.isPending && <Skeleton className="h-40" />}
          {told.isError && <Failed error={told.error} retry={() => void told.refetch()} />}
          {told.data && <PerformanceView told={told.data} />}
        </section>
        <Profile />
      </div>
    </main>
  )
}

type PortalStage = Awaited<ReturnType<typeof fetchPortal>>['by_status'][number]

/** The vendor's leads, of any stage or of one. */
function Leads({ stages }: { stages: PortalStage[] }) {
  const t = useT()
  const [status, setStatus] = useState('')
  return (
    <div className="space-y-2">
      {stages.length > 1 && (
        <Select aria-label={t('lead.stage')} value={status} onChange={e => setStatus(e.target.value)}>
          <option value="">{t('portal.anyStage')}</option>
          {stages.map(stage => <option key={stage.status} value={stage.status}>{stage.name}</option>)}
        </Select>
      )}
      <LeadTable status={status} />
    </div>
  )
}

function LeadTable({ status }: { status: string }) {
  const t = useT()
  const query = useInfiniteQuery({
    queryKey: [...keys.portal, 'leads', status],
    queryFn: ({ pageParam }) => fetchPortalLeads(status || undefined, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor ?? null,
    placeholderData: old => old,
  })
  const leads: PortalLead[] = query.data?.pages.flatMap(page => page.leads) ?? []
  if (query.isPending) return <Skeleton className="h-40" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (leads.length === 0) return <Empty icon={Store} title={t('lead.none')} {...(status ? {} : { text: t('portal.noneHint') })} />
  return (
    <div className="overflow-x-auto rounded-xl border bg-panel" tabIndex={0} role="region" aria-label={t('nav.leads')}>
      <table className="w-full text-left">
        <thead className="border-b text-xs text-mute">
          <tr>
            <th scope="col" className="px-4 py-2">{t('lead.name')}</th>
            <th scope="col" className="px-4 py-2">{t('lead.stage')}</th>
            <th scope="col" className="px-4 py-2">{t('ticket.created')}</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {leads.map(lead => (
            <tr key={lead.id}>
              <th scope="row" className="px-4 py-2 font-medium">{lead.name}</th>
              <td className="px-4 py-2"><Badge tone={lead.outcome === 'won' ? 'ok' : lead.outcome === 'lost' ? 'mute' : 'accent'}>{lead.stage_name}</Badge></td>
              <td className="px-4 py-2 text-mute">{dateTime(lead.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {query.hasNextPage && <Button variant="ghost" className="m-2" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('lead.more')}</Button>}
    </div>
  )
}

function Profile() {
  const query = useQuery({ queryKey: [...keys.portal, 'profile'], queryFn: fetchPortalProfile })
  return query.data ? <ProfileForm key={query.data.version} profile={query.data} /> : <Skeleton className="h-40" />
}

function ProfileForm({ profile }: { profile: VendorProfile }) {
  const t = useT()
  const client = useQueryClient()
  const [fields, setFields] = useState({ name: profile.name, contact_name: profile.contact_name ?? '', contact_email: profile.contact_email ?? '', phone: profile.phone ?? '' })
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  const save = useMutation({
    mutationFn: () =>
      changePortalProfile({ name: fields.name, contact_name: fields.contact_name || null, contact_email: fields.contact_email || null, phone: fields.phone || null }),
    onSuccess: () => {
      toast(t('common.saved'))
      void client.invalidateQueries({ queryKey: keys.portal })
    },
  })
  const problem = save.error instanceof Problem ? save.error : null
  return (
    <form
      aria-label={t('portal.profile')}
      className="max-w-xl space-y-3 rounded-xl border bg-panel p-4"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <h2 className="font-semibold">{t('portal.profile')}</h2>
      <Field label={t('vendor.name')} required value={fields.name} error={problem?.field('name')} onChange={e => set({ name: e.target.value })} />
      <Field label={t('portal.contact')} value={fields.contact_name} error={problem?.field('contact_name')} onChange={e => set({ contact_name: e.target.value })} />
      <Field label={t('lead.email')} type="email" value={fields.contact_email} error={problem?.field('contact_email')} onChange={e => set({ contact_email: e.target.value })} />
      <Field label={t('lead.phone')} value={fields.phone} error={problem?.field('phone')} onChange={e => set({ phone: e.target.value })} />
      {save.error && <FormError>{save.error.message}</FormError>}
      <Button type="submit" variant="solid" size="md" disabled={save.isPending}>{t('common.save')}</Button>
    </form>
  )
}
