import { Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { BottomBar, Rail } from '@/app/rail'
import { TopBar } from '@/app/top-bar'
import { useDeskCommands } from '@/app/desk-commands'
import { useLiveDesk } from '@/app/live-desk'
import { useShortcuts } from '@/lib/keys/shortcuts'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { openBooks, useT } from '@/lib/i18n'

const Palette = lazy(() => import('@/app/palette').then(m => ({ default: m.Palette })))
const KeyHelp = lazy(() => import('@/app/key-help').then(m => ({ default: m.KeyHelp })))
const NewTicket = lazy(() => import('@/features/inbox/new-ticket').then(m => ({ default: m.NewTicket })))
/** These need the texts of the leads, wherever they open. */
const withLeads = async <M,>(load: Promise<M>): Promise<M> => (await Promise.all([load, openBooks('leads')]))[0]
const NewLead = lazy(async () => ({ default: (await withLeads(import('@/features/leads/new-lead'))).NewLeadDialog }))
const NewTask = lazy(async () => ({ default: (await withLeads(import('@/features/tasks/new-task'))).NewTaskDialog }))

export type Panel = 'palette' | 'keys' | 'new-ticket' | 'new-lead' | 'new-task' | null

/** The desk around every page: rail, top bar, palette, live connection. */
export function Layout() {
  const t = useT()
  const me = useMe()
  const [panel, setPanel] = useState<Panel>(null)
  const close = (open: boolean) => setPanel(current => (open ? current : null))
  const mayCreate = can(me, 'tickets.write')

  useLiveDesk()
  useDeskCommands(setPanel)
  useShortcuts({
    '?': () => setPanel('keys'),
    c: () => mayCreate && setPanel('new-ticket'),
    // A page's own field before that of the desk.
    '/': () => (document.querySelector<HTMLInputElement>('[data-search=page]') ?? document.querySelector<HTMLInputElement>('[data-search]'))?.focus(),
  })
  return (
    <div className="flex h-dvh flex-col">
      <a href="#page" className="sr-only z-50 rounded bg-accent px-3 py-2 text-accent-fg focus:not-sr-only focus:absolute">
        {t('shell.skip')}
      </a>
      <div className="flex min-h-0 flex-1">
        <Rail />
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar open={setPanel} mayCreate={mayCreate} />
          <div id="page" tabIndex={-1} className="flex min-h-0 flex-1 outline-none">
            <Outlet />
          </div>
        </div>
      </div>
      <BottomBar />
      <Suspense>
        {panel === 'palette' && <Palette onOpenChange={close} />}
        {panel === 'keys' && <KeyHelp onOpenChange={close} />}
        {panel === 'new-ticket' && <NewTicket onOpenChange={close} />}
        {panel === 'new-lead' && <NewLead pipelineId={undefined} onOpenChange={close} />}
        {panel === 'new-task' && <NewTask onOpenChange={close} />}
      </Suspense>
    </div>
  )
}
