import { Contact, Inbox, ListTodo, MessageSquareQuote, Plug, Route, SlidersHorizontal, SquareKanban, Store, Users, UsersRound, type LucideIcon } from 'lucide-react'
import type { Key } from '@/lib/i18n'
import type { Me } from '@/lib/api/types'
import { can, isVendor } from '@/lib/permissions'

export type DeskPage = {
  to: '/inbox' | '/leads' | '/pipeline' | '/tasks' | '/people' | '/replies' | '/routing' | '/pipelines' | '/vendors' | '/portal' | '/users' | '/connections'
  label: Key
  icon: LucideIcon
  action: string
  key: string
  /** In the bottom bar of a phone. */
  isDaily?: boolean
}

const PAGES: DeskPage[] = [
  { to: '/inbox', label: 'nav.inbox', icon: Inbox, action: 'tickets.read', key: 'i', isDaily: true },
  { to: '/leads', label: 'nav.leads', icon: UsersRound, action: 'leads.read', key: 'l', isDaily: true },
  { to: '/pipeline', label: 'nav.pipeline', icon: SquareKanban, action: 'leads.read', key: 'p', isDaily: true },
  { to: '/tasks', label: 'nav.tasks', icon: ListTodo, action: 'tasks.read', key: 't', isDaily: true },
  { to: '/people', label: 'nav.people', icon: Contact, action: 'contacts.read', key: 'e' },
  { to: '/replies', label: 'replies.title', icon: MessageSquareQuote, action: 'canned_replies.read', key: 'y' },
  { to: '/routing', label: 'nav.routing', icon: Route, action: 'routing.read', key: 'r' },
  { to: '/pipelines', label: 'nav.setup', icon: SlidersHorizontal, action: 'pipelines.write', key: 's' },
  { to: '/vendors', label: 'nav.vendors', icon: Store, action: 'vendors.read', key: 'v' },
  { to: '/users', label: 'nav.users', icon: Users, action: 'users.write', key: 'u' },
  { to: '/connections', label: 'nav.connections', icon: Plug, action: 'channels.read', key: 'c' },
]

const PORTAL: DeskPage = { to: '/portal', label: 'nav.portal', icon: Store, action: 'portal.read', key: 'p', isDaily: true }

/** The pages this role may see, in the order of the rail. A vendor's people have their portal, and nothing else. */
export const pagesFor = (me: Me): DeskPage[] => (isVendor(me) ? [PORTAL] : PAGES.filter(page => can(me, page.action)))
