import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Composer } from '@/features/inbox/composer'
import { Messages } from '@/features/inbox/messages'
import { useTicket } from '@/features/inbox/queries'
import { DropHint, useFileDrop } from '@/features/inbox/staged-files'
import { ThreadHeader } from '@/features/inbox/thread-header'
import { Others } from '@/features/inbox/others'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { markRead } from '@/lib/api/tickets'
import type { Ticket } from '@/lib/api/types'
import { flushDraft, seedDraft } from '@/lib/drafts'
import { useT } from '@/lib/i18n'
import { patchTicket } from '@/lib/live/applier'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { MessageCircleOff } from 'lucide-react'
import { Empty, Failed, Skeleton } from '@/ui/states'

/** One ticket: its header, its messages, and the place to answer. */
export function Thread({ id, back }: { id: number; back: (() => void) | null }) {
  const t = useT()
  const me = useMe()
  const { ticket, error, refetch } = useTicket(id)
  const mayWrite = ticket !== undefined && !ticket.is_spam && can(me, 'messages.send')
  const drop = useFileDrop(id, mayWrite)
  useReading(ticket)
  useEffect(() => () => flushDraft(id), [id])
  useEffect(() => {
    if (ticket) seedDraft(ticket.id, ticket.draft)
  }, [ticket])

  if (!ticket && error instanceof Problem && error.status === 404) {
    return (
      <main className="grid flex-1 place-items-center">
        <Empty icon={MessageCircleOff} title={t('thread.gone')} text={t('thread.goneText')} />
      </main>
    )
  }
  if (!ticket && error) return <main className="grid flex-1 place-items-center"><Failed error={error} retry={() => void refetch()} /></main>
  if (!ticket) return <ThreadSkeleton />
  return (
    <main aria-label={ticket.subject} className="relative flex min-w-0 flex-1 flex-col" {...drop.handlers}>
      <ThreadHeader ticket={ticket} back={back} />
      <Messages ticket={ticket} />
      <Others ticketId={id} />
      {mayWrite && <Composer ticket={ticket} />}
      {drop.isOver && <DropHint />}
    </main>
  )
}

/** What is on a visible screen counts as read. */
function useReading(ticket: Ticket | undefined): void {
  const client = useQueryClient()
  const id = ticket?.id
  const unread = ticket?.unread ?? 0
  useEffect(() => {
    if (id === undefined || unread === 0) return
    const read = () => {
      if (document.visibilityState !== 'visible') return
      patchTicket(client, id, { unread: 0 })
      markRead(id).catch(() => void client.invalidateQueries({ queryKey: keys.ticket(id) }))
    }
    read()
    document.addEventListener('visibilitychange', read)
    return () => document.removeEventListener('visibilitychange', read)
  }, [client, id, unread])
}

const ThreadSkeleton = () => (
  <main className="flex min-w-0 flex-1 flex-col" aria-busy>
    <div className="flex h-14 items-center gap-3 border-b bg-panel px-4">
      <div className="flex-1 space-y-1.5">
        <Skeleton className="h-3.5 w-64 max-w-full" />
        <Skeleton className="h-2.5 w-40" />
      </div>
    </div>
    <div className="flex-1 space-y-4 px-6 py-5">
      <Skeleton className="h-16 w-2/3 rounded-2xl" />
      <Skeleton className="ml-auto h-12 w-1/2 rounded-2xl" />
      <Skeleton className="h-20 w-3/5 rounded-2xl" />
    </div>
    <Skeleton className="m-4 mt-0 h-32 rounded-xl" />
  </main>
)
