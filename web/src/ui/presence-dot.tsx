import type { Presence } from '@/lib/api/types'

export const PRESENCES: Presence[] = ['available', 'busy', 'away', 'offline']

const LOOK: Record<Presence, string> = {
  available: 'bg-ok',
  busy: 'bg-danger',
  away: 'bg-warn',
  offline: 'border-2 border-mute',
}

/** Decoration beside the word. */
export const PresenceDot = ({ status }: { status: Presence }) => (
  <span aria-hidden className={`inline-block size-2.5 shrink-0 rounded-full ${LOOK[status]}`} />
)
