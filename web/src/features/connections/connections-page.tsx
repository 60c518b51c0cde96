import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiKeysTab } from '@/features/connections/api-keys-tab'
import { ChannelsTab } from '@/features/connections/channels-tab'
import { useT } from '@/lib/i18n'
import { PageTabs } from '@/ui/page-tabs'

const route = getRouteApi('/desk/connections')
const TABS = ['channels', 'keys'] as const

/** What connects the desk with the world: where messages come from, and the programs that may talk to it. */
export function ConnectionsPage() {
  const t = useT()
  const tab = route.useSearch().tab ?? 'channels'
  useEffect(() => {
    document.title = `${t('nav.connections')} · Frontdesk`
  }, [t])
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="border-b bg-panel px-6 pt-4 max-sm:px-4">
        <h1 className="mb-2 text-[15px] font-semibold">{t('nav.connections')}</h1>
        <PageTabs
          label={t('nav.connections')}
          tabs={TABS}
          current={tab}
          link={(name, props) => (
            <Link from="/connections" to="/connections" search={{ tab: name === 'keys' ? name : undefined }} {...props}>
              {t(`connections.${name}`)}
            </Link>
          )}
        />
      </header>
      <div className="flex-1 overflow-auto p-6 max-sm:p-4">
        <div className="max-w-5xl">{tab === 'channels' ? <ChannelsTab /> : <ApiKeysTab />}</div>
      </div>
    </main>
  )
}
