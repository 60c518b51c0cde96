import { Bot, CircleAlert, CornerUpLeft } from 'lucide-react'
import { memo, type MouseEvent } from 'react'
import { PriorityBadge, StatusBadge } from '@/features/inbox/labels'
import { marked, toggleTicked } from '@/features/inbox/state'
import type { TicketRow } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { outbox } from '@/lib/mail'
import { useStoreIs } from '@/lib/store'
import { dateTime, shortAge } from '@/lib/time'
import { Avatar } from '@/ui/avatar'
import { ChannelIcon, channelName } from '@/ui/channel-icon'
import { cn } from '@/ui/cn'

type Props = {
  row: TicketRow
  now: number
  isTicked: boolean
  isTicking: boolean
  position: number
  size: number
  top: number
  height: number
  address: (id: number) => string
  choose: (id: number) => void
}

/** Not one that asks for another tab or window. */
const isPlain = (event: MouseEvent) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)

export const TicketItem = memo(function TicketItem({ row, now, isTicked, isTicking, position, size, top, height, address, choose }: Props) {
  const t = useT()
  const isMarked = useStoreIs(marked, id => id === row.id)
  const hasUnsent = useStoreIs(outbox.entries, entries => entries.some(entry => entry.ticket_id === row.id && entry.state === 'failed'))
  const isLoud = row.priority === 'critical' || row.priority === 'high'
  return (
    <div
      role="listitem"
      aria-posinset={position}
      aria-setsize={size}
      style={{ position: 'absolute', insetInline: 0, height, transform: `translateY(${top}px)` }}
      className={cn(
        'group flex gap-2.5 border-b px-3 py-2.5 hover:bg-raised',
        isMarked && 'bg-accent-soft! shadow-[inset_2px_0_0_var(--accent)]',
      )}
    >
      <span className="relative h-fit">
        <span className={cn(isTicking ? 'invisible' : 'group-hover:invisible')}>
          <Avatar name={row.contact.name} />
        </span>
        <input
          type="checkbox"
          aria-label={t('inbox.select', { name: row.contact.name })}
          checked={isTicked}
          onChange={() => toggleTicked(row.id)}
          className={cn('absolute inset-0 z-10 m-auto size-4.5 accent-(--accent) opacity-0 group-hover:opacity-100 focus-visible:opacity-100', isTicking && 'opacity-100')}
        />
        <span title={channelName(row.channel)} className="absolute -right-1 -bottom-1 grid size-4 place-items-center rounded-full border bg-panel text-mute">
          <ChannelIcon channel={row.channel} size={9} />
          <span className="sr-only">{channelName(row.channel)}</span>
        </span>
      </span>
      <a
        href={address(row.id)}
        onClick={event => {
          if (!isPlain(event)) return
          event.preventDefault()
          marked.set(row.id)
          choose(row.id)
        }}
        aria-current={isMarked ? 'true' : undefined}
        className="min-w-0 flex-1 outline-offset-4 after:absolute after:inset-0"
      >
        <span className="flex items-baseline justify-between gap-2">
          <span className={cn('truncate', row.unread > 0 && 'font-semibold')}>{row.contact.name}</span>
          <time dateTime={row.last_message_at} title={dateTime(row.last_message_at)} className="shrink-0 text-[11px] text-mute">
            {shortAge(row.last_message_at, now)}
          </time>
        </span>
        <span className="block truncate text-[12.5px]">{row.subject}</span>
        <span className="flex items-center gap-1.5">
          {hasUnsent && <CircleAlert size={13} className="shrink-0 text-danger" aria-label={t('thread.notSent')} />}
          {row.is_bot_handoff && <Bot size={12} className="shrink-0 text-mute" aria-label={t('ticket.handoff')} />}
          {row.last_message_from === 'agent' && <CornerUpLeft size={11} className="shrink-0 text-mute" aria-label={t('inbox.answered')} />}
          <span className="min-w-0 flex-1 truncate text-xs text-mute">{row.preview}</span>
          {isLoud && <PriorityBadge priority={row.priority} />}
          {row.status !== 'open' && row.status !== 'new' && <StatusBadge status={row.status} />}
          {row.unread > 0 && (
            <span className="grid h-4 min-w-4 shrink-0 place-items-center rounded-full bg-accent px-1 text-[10px] font-semibold text-accent-fg">
              {row.unread > 99 ? '99+' : row.unread}
              <span className="sr-only"> {t('inbox.unread')}</span>
            </span>
          )}
        </span>
      </a>
    </div>
  )
})
