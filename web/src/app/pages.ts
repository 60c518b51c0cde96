import { Inbox, Plug, Route, Users, type LucideIcon } from 'lucide-react'
import type { Key } from '@/lib/i18n'
import type { Me } from '@/lib/api/types'
import { can } from '@/lib/permissions'

export type DeskPage = { to: '/inbox' | '/routing' | '/users' | '/connections'; label: Key; icon: LucideIcon; action: string; key: string }

const PAGES: DeskPage[] = [
  { to: '/inbox', label: 'nav.inbox', icon: Inbox, action: 'tickets.read', key: 'i' },
  { to: '/routing', label: 'nav.routing', icon: Route, action: 'routing.read', key: 'r' },
  { to: '/users', label: 'nav.users', icon: Users, action: 'users.write', key: 'u' },
  { to: '/connections', label: 'nav.connections', icon: Plug, action: 'channels.read', key: 'c' },
]

/** The pages this role may see, in the order of the rail. */
export const pagesFor = (me: Me): DeskPage[] => PAGES.filter(page => can(me, page.action))
