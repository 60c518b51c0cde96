import type { Priority, TicketStatus } from '@/lib/api/types'
import { t } from '@/lib/i18n'
import { Badge, type Tone } from '@/ui/badge'

const STATUS_TONES: Record<TicketStatus, Tone> = { new: 'accent', open: 'ok', pending_customer: 'warn', resolved: 'mute', closed: 'mute' }
const PRIORITY_TONES: Record<Priority, Tone> = { critical: 'danger', high: 'warn', medium: 'mute', low: 'mute' }

export const StatusBadge = ({ status }: { status: TicketStatus }) => <Badge tone={STATUS_TONES[status]}>{t(`status.${status}`)}</Badge>

export const PriorityBadge = ({ priority }: { priority: Priority }) => (
  <Badge tone={PRIORITY_TONES[priority]}>{t(`priority.${priority}`)}</Badge>
)
