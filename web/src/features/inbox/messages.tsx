import { useQueryClient } from '@tanstack/react-query'
import { Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { EventLine } from '@/features/inbox/event-line'
import { MessageBubble, PendingBubble } from '@/features/inbox/message-bubble'
import { loadOlder } from '@/features/inbox/queries'
import type { Ticket } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { outbox } from '@/lib/mail'
import { pendingFor } from '@/lib/outbox'
import { useStore } from '@/lib/store'
import { day, sameDay } from '@/lib/time'
import { toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'

const NEAR_END = 120

export function Messages({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const entries = useStore(outbox.entries)
  const pending = useMemo(() => pendingFor(entries, ticket.id, ticket.timeline), [entries, ticket.id, ticket.timeline])
  const box = useRef<HTMLDivElement>(null)
  const { older, isLoading } = useOlder(ticket, box)
  useStickToEnd(box, `${ticket.timeline.at(-1)?.id ?? 0}/${pending.length}`, pending.at(-1)?.client_id)
  const byId = useMemo(() => new Map(ticket.timeline.map(message => [message.id, message])), [ticket.timeline])

  return (
    <div ref={box} role="log" aria-label={t('thread.messages')} tabIndex={0} className="flex-1 overflow-auto px-5 py-4 max-sm:px-3">
      <div className="mx-auto flex min-h-full max-w-4xl flex-col justify-end gap-3">
        {ticket.timeline_cursor !== null && (
          <Button className="self-center" disabled={isLoading} onClick={older}>
            {isLoading ? t('common.loading') : t('thread.older')}
          </Button>
        )}
        {ticket.timeline.map((message, index) => {
          const previous = ticket.timeline[index - 1]
          const isNewDay = !previous || !sameDay(previous.at, message.at)
          return (
            <Fragment key={message.id}>
              {isNewDay && <DayLine iso={message.at} />}
              {message.content_type === 'event_log' ? (
                <EventLine message={message} />
              ) : (
                <MessageBubble
                  message={message}
                  contact={ticket.contact.name}
                  answers={message.reply_to === null ? undefined : byId.get(message.reply_to)}
                />
              )}
            </Fragment>
          )
        })}
        {pending.map(entry => <PendingBubble key={entry.client_id} entry={entry} />)}
      </div>
    </div>
  )
}

const DayLine = ({ iso }: { iso: string }) => (
  <div className="flex items-center gap-3 py-1 text-[11px] font-medium text-mute">
    <span className="h-px flex-1 bg-line" />
    {day(iso)}
    <span className="h-px flex-1 bg-line" />
  </div>
)

/** Loads older messages and keeps what was being read where it was. */
function useOlder(ticket: Ticket, box: React.RefObject<HTMLDivElement | null>) {
  const client = useQueryClient()
  const [isLoading, setLoading] = useState(false)
  const heightBefore = useRef<number | null>(null)
  const firstId = ticket.timeline[0]?.id
  useLayoutEffect(() => {
    const node = box.current
    if (!node || heightBefore.current === null) return
    node.scrollTop += node.scrollHeight - heightBefore.current
    heightBefore.current = null
  }, [firstId, box])
  const older = () => {
    setLoading(true)
    heightBefore.current = box.current?.scrollHeight ?? null
    loadOlder(client, ticket)
      .catch((error: Error) => {
        heightBefore.current = null
        toastFailure(error.message, older)
      })
      .finally(() => setLoading(false))
  }
  return { older, isLoading }
}

/** Begins at the newest message and follows it, unless somebody is reading further up. */
function useStickToEnd(box: React.RefObject<HTMLDivElement | null>, last: string, ownLast: string | undefined) {
  const isAtEnd = useRef(true)
  const own = useRef(ownLast)
  useEffect(() => {
    const node = box.current
    if (!node) return
    const onScroll = () => {
      isAtEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END
    }
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) node.scrollTop = node.scrollHeight
    })
    node.addEventListener('scroll', onScroll, { passive: true })
    observer.observe(node)
    if (node.firstElementChild) observer.observe(node.firstElementChild)
    return () => {
      node.removeEventListener('scroll', onScroll)
      observer.disconnect()
    }
  }, [box])
  useLayoutEffect(() => {
    const justWrote = ownLast !== undefined && ownLast !== own.current
    own.current = ownLast
    if (!box.current || !(isAtEnd.current || justWrote)) return
    box.current.scrollTop = box.current.scrollHeight
    isAtEnd.current = true
  }, [last, ownLast, box])
}
