import { TriangleAlert } from 'lucide-react'
import type { Ticket } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { span, useNow, windowState } from '@/lib/time'
import { channelName } from '@/ui/channel-icon'
import { cn } from '@/ui/cn'

/** Some channels let one answer only for a while after the person last wrote. */
export function WindowWarning({ ticket }: { ticket: Pick<Ticket, 'channel' | 'last_inbound_at'> }) {
  const t = useT()
  const now = useNow()
  const state = windowState(ticket.channel, ticket.last_inbound_at, now)
  if (!state || !(state.closed || state.soon)) return null
  const channel = channelName(ticket.channel)
  return (
    <p role="note" className={cn('mx-3 mt-2 flex items-start gap-1.5 rounded-md px-2.5 py-1.5 text-xs', state.closed ? 'bg-danger/10 text-danger' : 'bg-warn/10 text-warn')}>
      <TriangleAlert size={13} className="mt-0.5 shrink-0" aria-hidden />
      {state.closed ? t('composer.windowClosed', { channel }) : t('composer.windowSoon', { channel, left: span(state.left) })}
    </p>
  )
}
