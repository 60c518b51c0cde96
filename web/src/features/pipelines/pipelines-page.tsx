import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { AssignmentTab } from '@/features/pipelines/assignment-tab'
import { FieldsTab } from '@/features/pipelines/fields-tab'
import { PipelinesTab } from '@/features/pipelines/pipelines-tab'
import { ScoringTab } from '@/features/pipelines/scoring-tab'
import { SourcesTab } from '@/features/pipelines/sources-tab'
import { useT } from '@/lib/i18n'
import { PageTabs } from '@/ui/page-tabs'

const route = getRouteApi('/desk/pipelines')
const TABS = ['pipelines', 'fields', 'sources', 'scoring', 'assignment'] as const
/** The last one is a page of its own. */
const SHOWN = [...TABS, 'businessHours'] as const
const CONTENT = { pipelines: PipelinesTab, fields: FieldsTab, sources: SourcesTab, scoring: ScoringTab, assignment: AssignmentTab }

/** What the lead desk is set up with: the ways that leads go, what is asked of them, what they score, who gets them. */
export function PipelinesPage() {
  const t = useT()
  const tab = route.useSearch().tab ?? 'pipelines'
  const Content = CONTENT[tab]
  useEffect(() => {
    document.title = `${t('nav.setup')} · Frontdesk`
  }, [t])
  return (
    <main className="flex min-w-0 flex-1 flex-col overflow-auto">
      <header className="sticky top-0 z-20 border-b bg-panel px-6 pt-4 max-sm:px-4">
        <h1 className="text-[15px] font-semibold">{t('nav.setup')}</h1>
        <PageTabs
          label={t('nav.setup')}
          tabs={SHOWN}
          current={tab}
          className="mt-2"
          link={(name, props) =>
            name === 'businessHours' ? (
              <Link to="/pipelines/hours" {...props}>{t('setup.businessHours')}</Link>
            ) : (
              <Link to="/pipelines" search={old => ({ tab: name === 'pipelines' ? undefined : name, p: old.p })} {...props}>
                {t(`setup.${name}`)}
              </Link>
            )
          }
        />
      </header>
      <div className="w-full max-w-3xl p-6 max-sm:p-4">
        <Content />
      </div>
    </main>
  )
}
