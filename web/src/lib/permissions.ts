import type { Me, Scope } from '@/lib/api/types'

const REACH: Record<Scope, number> = { own: 1, team: 2, all: 3 }

/** Whether the role holds the action, at least as far as asked. The server decides; this only hides. */
export function can(me: Me, action: string, atLeast: Scope = 'own'): boolean {
  return me.permissions.some(p => p.action === action && REACH[p.scope] >= REACH[atLeast])
}

/** One of a vendor's people, who are no staff. */
export const isVendor = (me: Me): boolean => can(me, 'portal.write') && !can(me, 'tickets.read')
