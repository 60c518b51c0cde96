import { useNavigate, useRouterState } from '@tanstack/react-router'
import { Command, Keyboard, Plus, Search, Unplug } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import type { Panel } from '@/app/layout'
import { useT } from '@/lib/i18n'
import { connection } from '@/lib/live/socket'
import { useMe } from '@/lib/me'
import { can, isVendor } from '@/lib/permissions'
import { useStore } from '@/lib/store'
import { Button } from '@/ui/button'
import { Kbd } from '@/ui/kbd'
import { Tooltip } from '@/ui/tooltip'

const AccountMenu = lazy(() => import('@/app/account-menu').then(m => ({ default: m.AccountMenu })))
const Bell = lazy(() => import('@/app/bell').then(m => ({ default: m.Bell })))
const AvailabilityMenu = lazy(() => import('@/app/availability-menu').then(m => ({ default: m.AvailabilityMenu })))

export function TopBar({ open, mayCreate }: { open: (panel: Panel) => void; mayCreate: boolean }) {
  const t = useT()
  const me = useMe()
  // A vendor's people have no inbox to search.
  const isStaff = !isVendor(me)
  return (
    <header className="flex h-13 shrink-0 items-center gap-2 border-b bg-panel px-3">
      {isStaff && <SearchBox />}
      <ConnectionMark />
      <div className="ml-auto flex items-center gap-1.5">
        <Tooltip label={<>{t('shell.palette')} <span className="opacity-75">Ctrl K</span></>}>
          <Button variant="ghost" size="icon" aria-label={t('shell.palette')} onClick={() => open('palette')}>
            <Command size={16} aria-hidden />
          </Button>
        </Tooltip>
        {isStaff && (
          <Tooltip label={<>{t('shell.keys')} <span className="opacity-75">?</span></>}>
            <Button variant="ghost" size="icon" aria-label={t('shell.keys')} className="max-sm:hidden" onClick={() => open('keys')}>
              <Keyboard size={16} aria-hidden />
            </Button>
          </Tooltip>
        )}
        {mayCreate && (
          <Button variant="solid" size="md" aria-label={t('shell.newTicket')} onClick={() => open('new-ticket')}>
            <Plus size={15} aria-hidden />
            <span className="max-md:hidden">{t('shell.newTicket')}</span>
          </Button>
        )}
        <Suspense fallback={<span className="h-8 w-44 max-lg:w-30" />}>
          {isStaff && <Bell />}
          {can(me, 'users.set_status') && <AvailabilityMenu />}
          <AccountMenu />
        </Suspense>
      </div>
    </header>
  )
}

const SEARCH_AFTER_MS = 250

/** Searches the inbox from anywhere; the words live in the address. */
function SearchBox() {
  const t = useT()
  const navigate = useNavigate()
  const isInbox = useRouterState({ select: state => state.location.pathname === '/inbox' })
  const inUrl = useRouterState({ select: state => (state.location.pathname === '/inbox' ? (state.location.search as { q?: string }).q : undefined) })
  const [typed, setTyped] = useState(inUrl ?? '')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const lastSent = useRef(inUrl ?? '')

  useEffect(() => {
    if ((inUrl ?? '') === lastSent.current) return
    lastSent.current = inUrl ?? ''
    setTyped(inUrl ?? '')
  }, [inUrl])

  const search = (words: string, after: number) => {
    setTyped(words)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      const q = words.trim() || undefined
      lastSent.current = q ?? ''
      if (isInbox) void navigate({ from: '/inbox', to: '/inbox', search: old => ({ ...old, q }), replace: true })
      else if (q) void navigate({ to: '/inbox', search: { q, tab: 'all' } })
    }, after)
  }
  return (
    <search className="w-full max-w-96 min-w-0">
      <label className="flex h-8 w-full items-center gap-2 rounded-md border bg-raised px-2 text-mute focus-within:outline-2 focus-within:outline-accent">
        <Search size={14} className="shrink-0" aria-hidden />
        <input
          data-search
          type="search"
          value={typed}
          aria-label={t('shell.search')}
          placeholder={t('shell.search')}
          onChange={event => search(event.target.value, SEARCH_AFTER_MS)}
          onKeyDown={event => {
            if (event.key === 'Enter') search(typed, 0)
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
          className="w-full min-w-0 bg-transparent text-fg outline-none placeholder:text-mute"
        />
        <span className="max-sm:hidden"><Kbd>/</Kbd></span>
      </label>
    </search>
  )
}

function ConnectionMark() {
  const t = useT()
  const state = useStore(connection)
  return (
    <span role="status" className="shrink-0">
      {state === 'lost' && (
        <span className="flex items-center gap-1.5 rounded-md bg-warn/10 px-2 py-1 text-xs font-medium text-warn">
          <Unplug size={13} aria-hidden />
          <span className="max-md:sr-only">{t('shell.lost')}</span>
        </span>
      )}
    </span>
  )
}
