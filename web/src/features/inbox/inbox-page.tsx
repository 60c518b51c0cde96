import { MessagesSquare } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useTicketCommands, useInboxKeys } from '@/features/inbox/inbox-keys'
import { filterOf, inboxRoute } from '@/features/inbox/filter'
import { ListPane, type ListHandle } from '@/features/inbox/list-pane'
import { useCounts, useTickets } from '@/features/inbox/queries'
import { useSending } from '@/features/inbox/sending'
import { clearTicked, ticked } from '@/features/inbox/state'
import { useT } from '@/lib/i18n'
import { live } from '@/lib/live/socket'
import { usePhone, useWide } from '@/lib/media'
import { useStore } from '@/lib/store'
import { Empty } from '@/ui/states'

const loadPanes = () => import('@/features/inbox/ticket-panes')
const TicketPanes = lazy(() => loadPanes().then(m => ({ default: m.TicketPanes })))
const BulkBar = lazy(() => import('@/features/inbox/bulk-bar').then(m => ({ default: m.BulkBar })))

export function InboxPage() {
  const t = useT()
  const search = inboxRoute.useSearch()
  const navigate = inboxRoute.useNavigate()
  const isPhone = usePhone()
  const isWide = useWide()
  const filter = filterOf(search)
  const tickets = useTickets(filter)
  const counts = useCounts()
  const handle = useRef<ListHandle>(null)
  const open = search.t
  const isTicking = useStore(ticked).size > 0

  useSending()
  useEffect(() => void loadPanes(), [])
  useEffect(() => {
    const mine = counts.data?.mine ?? 0
    document.title = mine > 0 ? `(${mine}) ${t('nav.inbox')} · Frontdesk` : `${t('nav.inbox')} · Frontdesk`
  }, [counts.data, t])
  useEffect(() => {
    live.viewing(open ?? null)
    return () => live.viewing(null)
  }, [open])
  useEffect(() => clearTicked, [filter.queue])

  // The list marks the row at once; the address and the thread follow when they can.
  const [marked, setMarked] = useState(open)
  useEffect(() => setMarked(open), [open])
  const select = (id: number | undefined) => {
    setMarked(id)
    void navigate({ search: old => ({ ...old, t: id }), replace: !isPhone })
  }
  const back = useCallback(() => void navigate({ search: old => ({ ...old, t: undefined }) }), [navigate])
  useInboxKeys({ rows: tickets.rows, open: marked, select, scrollTo: index => handle.current?.scrollTo(index) })
  useTicketCommands(open)

  return (
    <>
      {(!isPhone || open === undefined) && <ListPane ref={handle} filter={filter} tickets={tickets} counts={counts.data} open={marked} isMain={isPhone} />}
      {open !== undefined ? (
        <Suspense fallback={<main className="flex-1" aria-busy />}>
          <TicketPanes id={open} back={isPhone ? back : null} hasDetails={isWide} />
        </Suspense>
      ) : (
        !isPhone && (
          <main className="grid flex-1 place-items-center">
            <Empty icon={MessagesSquare} title={t('inbox.noneOpen')} text={t('inbox.noneOpenText')} />
          </main>
        )
      )}
      <Suspense>{isTicking && <BulkBar rows={tickets.rows} />}</Suspense>
    </>
  )
}
