import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { DepartmentsTab } from '@/features/routing/departments-tab'
import { KeywordsTab } from '@/features/routing/keywords-tab'
import { QueuesTab } from '@/features/routing/queues-tab'
import { SimulatorTab } from '@/features/routing/simulator-tab'
import { WeightsTab } from '@/features/routing/weights-tab'
import { useT } from '@/lib/i18n'
import { PageTabs } from '@/ui/page-tabs'

const route = getRouteApi('/desk/routing')
const TABS = ['keywords', 'departments', 'weights', 'simulator', 'queues'] as const
const CONTENT = { keywords: KeywordsTab, departments: DepartmentsTab, weights: WeightsTab, simulator: SimulatorTab, queues: QueuesTab }

/** Who gets which work, and why: what decides it, a trial run, and what waits right now. */
export function RoutingPage() {
  const t = useT()
  const tab = route.useSearch().tab ?? 'keywords'
  const Content = CONTENT[tab]
  useEffect(() => {
    document.title = `${t('nav.routing')} · Frontdesk`
  }, [t])
  return (
    <main className="flex min-w-0 flex-1 flex-col overflow-auto">
      <header className="sticky top-0 z-10 border-b bg-panel px-6 pt-4 max-sm:px-4">
        <h1 className="text-[15px] font-semibold">{t('nav.routing')}</h1>
        <PageTabs
          label={t('nav.routing')}
          tabs={TABS}
          current={tab}
          className="mt-2"
          link={(name, props) => (
            <Link to="/routing" search={{ tab: name }} {...props}>
              {t(`routing.${name}`)}
            </Link>
          )}
        />
      </header>
      <div className="w-full max-w-5xl p-6 max-sm:p-4">
        <Content />
      </div>
    </main>
  )
}
