import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiKeysTab } from '@/features/connections/api-keys-tab'
import { ChannelsTab } from '@/features/connections/channels-tab'
import { useT } from '@/lib/i18n'

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
        <nav aria-label={t('nav.connections')} className="-mb-px flex gap-5 overflow-x-auto">
          {TABS.map(name => (
            <Link
              key={name}
              from="/connections"
              to="/connections"
              search={{ tab: name === 'keys' ? name : undefined }}
              aria-current={name === tab ? 'page' : undefined}
              className="border-b-2 border-transparent px-0.5 pb-2 font-medium whitespace-nowrap text-mute hover:text-fg aria-[current]:border-accent aria-[current]:text-accent"
            >
              {t(`connections.${name}`)}
            </Link>
          ))}
        </nav>
      </header>
      <div className="flex-1 overflow-auto p-6 max-sm:p-4">
        <div className="max-w-5xl">{tab === 'channels' ? <ChannelsTab /> : <ApiKeysTab />}</div>
      </div>
    </main>
  )
}
