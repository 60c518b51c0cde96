import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { CalendarClock, Plus } from 'lucide-react'
import { useEffect } from 'react'
import { HoursEditor } from '@/features/business-hours/hours-editor'
import { weekWords } from '@/features/business-hours/week'
import { pipelinesQuery } from '@/lib/api/leads'
import { businessHoursQuery } from '@/lib/api/pipelines'
import type { BusinessHours, Pipeline } from '@/lib/api/types'
import { tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Badge } from '@/ui/badge'
import { PageTabs } from '@/ui/page-tabs'
import { Empty, Failed, Skeleton } from '@/ui/states'

const route = getRouteApi('/desk/pipelines/hours')
const TABS = ['pipelines', 'fields', 'sources', 'scoring', 'assignment', 'businessHours'] as const
/** A week of working days is proposed in the zone in which one sits. */
const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone

/** A part of the lead desk's set-up: when somebody is there, and the clocks of time limits run. */
export function HoursPage() {
  const t = useT()
  const me = useMe()
  useEffect(() => {
    document.title = `${t('hours.title')} · Frontdesk`
  }, [t])
  return (
    <main className="flex min-w-0 flex-1 flex-col overflow-auto">
      <header className="sticky top-0 z-20 border-b bg-panel px-6 pt-4 max-sm:px-4">
        <h1 className="text-[15px] font-semibold">{t('nav.setup')}</h1>
        <PageTabs
          label={t('nav.setup')}
          tabs={can(me, 'pipelines.write') ? TABS : (['businessHours'] as const)}
          current="businessHours"
          className="mt-2"
          link={(name, props) =>
            name === 'businessHours' ? (
              <Link to="/pipelines/hours" {...props}>{t('setup.businessHours')}</Link>
            ) : (
              <Link to="/pipelines" search={{ tab: name === 'pipelines' ? undefined : name }} {...props}>{t(`setup.${name}`)}</Link>
            )
          }
        />
      </header>
      <div className="w-full max-w-3xl p-6 max-sm:p-4">
        <Content mayWrite={can(me, 'business_hours.write')} />
      </div>
    </main>
  )
}

function Content({ mayWrite }: { mayWrite: boolean }) {
  const { h } = route.useSearch()
  const query = useQuery({ ...businessHoursQuery, staleTime: 0 })
  const pipelines = useQuery(pipelinesQuery)
  if (query.isPending) return <Skeleton className="h-72" />
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  const usedBy = (id: number) => pipelines.data?.filter(pipeline => pipeline.business_hours_id === id) ?? []
  const chosen = query.data.find(hours => hours.id === h)
  if (chosen || (h === 'new' && mayWrite)) {
    return <HoursEditor key={h} hours={chosen ?? null} usedBy={chosen ? usedBy(chosen.id) : []} mayWrite={mayWrite} defaultZone={query.data.find(hours => hours.is_default)?.zone ?? ownZone()} />
  }
  return <List all={query.data} usedBy={usedBy} mayWrite={mayWrite} />
}

const ADD = 'inline-flex h-8 items-center gap-1.5 rounded-md bg-accent px-3 font-medium text-accent-fg hover:bg-accent-strong'

function List({ all, usedBy, mayWrite }: { all: BusinessHours[]; usedBy: (id: number) => Pipeline[]; mayWrite: boolean }) {
  const t = useT()
  const add = mayWrite && <Link to="/pipelines/hours" search={{ h: 'new' }} className={ADD}><Plus size={14} aria-hidden /> {t('hours.new')}</Link>
  if (all.length === 0) return <Empty icon={CalendarClock} title={t('hours.none')} text={t('hours.text')}>{add}</Empty>
  return (
    <section aria-label={t('hours.title')} className="space-y-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-prose min-w-0 flex-1 basis-72 text-mute">{t('hours.text')}</p>
        {add}
      </div>
      <ul className="space-y-3">
        {all.map(hours => {
          const names = usedBy(hours.id).map(pipeline => pipeline.name)
          return (
            <li key={hours.id}>
              <Link to="/pipelines/hours" search={{ h: hours.id }} className="block rounded-xl border bg-panel p-4 hover:bg-raised">
                <span className="flex flex-wrap items-center gap-2">
                  <span className="font-semibold">{hours.name}</span>
                  {hours.is_default && <Badge tone="accent">{t('hours.default')}</Badge>}
                </span>
                <span className="mt-1 block">{weekWords(hours.week).join(' · ')}</span>
                <span className="mt-1 block text-mute">
                  {[hours.zone, tn('hours.holidayCount', hours.holidays.length), names.length > 0 ? t('hours.usedBy', { names: names.join(', ') }) : t('hours.unused')].join(' · ')}
                </span>
              </Link>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
