import { MessagesSquare } from 'lucide-react'
import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useRef } from 'react'
import { useTicketCommands, useInboxKeys } from '@/features/inbox/inbox-keys'
import { inboxRoute, useFilter } from '@/features/inbox/filter'
import { ListPane, type ListHandle } from '@/features/inbox/list-pane'
import { useCounts, useTickets } from '@/features/inbox/queries'
import { useSelection } from '@/features/inbox/selection'
import { useSending } from '@/features/inbox/sending'
import { clearTicked, ticked } from '@/features/inbox/state'
import { useT } from '@/lib/i18n'
import { live } from '@/lib/live/socket'
import { usePhone, useWide } from '@/lib/media'
import { useStoreIs } from '@/lib/store'
import { Empty } from '@/ui/states'

const loadPanes = () => import('@/features/inbox/ticket-panes')
const TicketPanes = lazy(() => loadPanes().then(m => ({ default: m.TicketPanes })))
const BulkBar = lazy(() => import('@/features/inbox/bulk-bar').then(m => ({ default: m.BulkBar })))

export function InboxPage() {
  const t = useT()
  const open = inboxRoute.useSearch({ select: search => search.t })
  const navigate = inboxRoute.useNavigate()
  const isPhone = usePhone()
  const isWide = useWide()
  const filter = useFilter()
  const tickets = useTickets(filter)
  const counts = useCounts()
  const handle = useRef<ListHandle>(null)
  const isTicking = useStoreIs(ticked, ids => ids.size > 0)
  // The thread is drawn in the background, piece by piece, so that the next key need not wait for it.
  const shown = useDeferredValue(open)

  useSending()
  useEffect(() => void loadPanes(), [])
  useEffect(() => {
    const mine = counts.data?.mine ?? 0
    document.title = mine > 0 ? `(${mine}) ${t('nav.inbox')} · Frontdesk` : `${t('nav.inbox')} · Frontdesk`
  }, [counts.data, t])
  useEffect(() => {
    live.viewing(shown ?? null)
    return () => live.viewing(null)
  }, [shown])
  useEffect(() => clearTicked, [filter.queue])

  const select = useSelection(open, id => void navigate({ search: old => ({ ...old, t: id }), replace: !isPhone }))
  const choose = useCallback((id: number) => void navigate({ search: old => ({ ...old, t: id }) }), [navigate])
  const back = useCallback(() => void navigate({ search: old => ({ ...old, t: undefined }) }), [navigate])
  useInboxKeys({ rows: tickets.rows, open: shown, select, scrollTo: index => handle.current?.scrollTo(index) })
  useTicketCommands(shown)

  return (
    <>
      {(!isPhone || shown === undefined) && <ListPane ref={handle} filter={filter} tickets={tickets} counts={counts.data} choose={choose} isMain={isPhone} />}
      {shown !== undefined ? (
        <Suspense fallback={<main className="flex-1" aria-busy />}>
          <TicketPanes id={shown} back={isPhone ? back : null} hasDetails={isWide} />
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
