import type { Me } from '@/lib/api/types'
import { t, type Key } from '@/lib/i18n'
import { can, isVendor } from '@/lib/permissions'

export type Shortcuts = { title: Key; rows: { keys: string[]; label: string }[] }
type Page = { label: Key; key: string }

/** What the `?` help shows: the keys that do something for this person. A key that is not here does not exist for the user. */
export function shortcutsFor(me: Me, pages: readonly Page[]): Shortcuts[] {
  const row = (label: Key, ...keys: string[]) => ({ keys, label: t(label) })
  const mayTickets = can(me, 'tickets.read')
  const mayLeads = can(me, 'leads.read') && !isVendor(me)
  const everywhere = [
    row('keys.palette', 'Ctrl', 'K'),
    ...(mayTickets || mayLeads ? [row('keys.search', '/')] : []),
    ...(can(me, 'tickets.write') ? [row('keys.create', 'C')] : []),
    row('keys.help', '?'),
    ...pages.map(page => ({ keys: ['G', page.key.toUpperCase()], label: t('palette.go', { page: t(page.label) }) })),
  ]
  const list = [row('keys.next', 'J'), row('keys.previous', 'K'), row('keys.open', 'Enter'), row('keys.select', 'X')]
  const ticket = [
    row('keys.reply', 'R'), row('keys.note', 'N'), row('keys.assign', 'A'), row('keys.status', 'S'), row('keys.priority', 'P'),
    row('keys.tags', 'T'), row('keys.resolve', 'E'), row('keys.resolveNext', 'Shift', 'E'), row('keys.send', 'Ctrl', 'Enter'),
  ]
  const board = [row('keys.cards', 'J', 'K'), row('keys.columns', 'H', 'L'), ...(can(me, 'leads.write') ? [row('keys.moveCard', '[', ']')] : [])]
  return [
    { title: 'keys.everywhere', rows: everywhere },
    ...(mayTickets || mayLeads ? [{ title: 'keys.list', rows: list } satisfies Shortcuts] : []),
    ...(mayTickets ? [{ title: 'keys.ticket', rows: ticket } satisfies Shortcuts] : []),
    ...(mayLeads ? [{ title: 'keys.board', rows: board } satisfies Shortcuts] : []),
  ]
}
