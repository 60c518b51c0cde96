import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useAvailability } from '@/app/use-availability'
import type { Panel } from '@/app/layout'
import { pagesFor } from '@/app/pages'
import { leave } from '@/app/session'
import { useCommands, type Command } from '@/lib/commands'
import { useT } from '@/lib/i18n'
import { useShortcuts, type Bindings } from '@/lib/keys/shortcuts'
import { useMe } from '@/lib/me'
import { can, isVendor } from '@/lib/permissions'
import { chooseLocale, chooseTheme, LOCALES, THEMES } from '@/lib/preferences'
import { PRESENCES } from '@/ui/presence-dot'

/** What can be done from anywhere: for the palette, and as keys. */
export function useDeskCommands(open: (panel: Panel) => void): void {
  const t = useT()
  const me = useMe()
  const navigate = useNavigate()
  const setAvailability = useAvailability()
  const pages = pagesFor(me)

  const list: Command[] = [
    ...pages.map((page): Command => ({
      id: `go-${page.key}`, group: 'go', label: t('palette.go', { page: t(page.label) }), keys: `G ${page.key.toUpperCase()}`,
      run: () => void navigate({ to: page.to }),
    })),
    ...(can(me, 'tickets.write') ? [{ id: 'new', group: 'go', label: t('shell.newTicket'), keys: 'C', run: () => open('new-ticket') } satisfies Command] : []),
    ...(can(me, 'leads.create') && !isVendor(me) ? [{ id: 'new-lead', group: 'go', label: t('palette.newLead'), run: () => open('new-lead') } satisfies Command] : []),
    ...(can(me, 'tasks.write') ? [{ id: 'new-task', group: 'go', label: t('palette.newTask'), run: () => open('new-task') } satisfies Command] : []),
    ...(can(me, 'imports.write') ? [{ id: 'import', group: 'go', label: t('palette.import'), run: () => void navigate({ to: '/leads/import' }) } satisfies Command] : []),
    { id: 'account', group: 'go', label: t('palette.go', { page: t('account.title') }), run: () => void navigate({ to: '/account' }) },
    ...(can(me, 'users.set_status') ? PRESENCES : []).map((status): Command => ({
      id: `be-${status}`, group: 'me', label: t('palette.be', { status: t(`presence.${status}`) }), run: () => setAvailability(status),
    })),
    { id: 'keys', group: 'me', label: t('shell.keys'), keys: '?', run: () => open('keys') },
    { id: 'leave', group: 'me', label: t('account.logOut'), run: () => void leave() },
    ...THEMES.map((theme): Command => ({
      id: `theme-${theme}`, group: 'look', label: t('palette.theme', { theme: t(`theme.${theme}`) }), run: () => chooseTheme(theme),
    })),
    ...LOCALES.map((locale): Command => ({
      id: `language-${locale}`, group: 'look', label: t('palette.language', { language: t(`language.${locale}`) }), run: () => chooseLocale(locale),
    })),
  ]
  useCommands('desk', list)

  const bindings: Bindings = {}
  for (const page of pages) bindings[`g ${page.key}`] = () => void navigate({ to: page.to })
  useShortcuts(bindings)

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return
      event.preventDefault()
      open('palette')
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [open])
}
