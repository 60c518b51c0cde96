import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { BellOff, BellRing, Check, Inbox, ListTodo, UsersRound, type LucideIcon } from 'lucide-react'
import { useEffect, useRef, type KeyboardEvent, type MouseEvent } from 'react'
import { keys } from '@/lib/api/keys'
import { fetchNotifications, readAllNotifications, readNotification } from '@/lib/api/notifications'
import { messageOf } from '@/lib/api/problem'
import { peopleQuery } from '@/lib/api/staff'
import type { Notification, NotificationList } from '@/lib/api/types'
import { noticeDetail, noticeTitle } from '@/app/notice-words'
import { t as say, useT } from '@/lib/i18n'
import { shortAge, useNow } from '@/lib/time'
import { toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Empty, Failed, Skeleton } from '@/ui/states'

type Pages = { pages: NotificationList[]; pageParams: unknown[] }
const ICONS: Record<string, LucideIcon> = { task: ListTodo, lead: UsersRound, ticket: Inbox }

/** What somebody should know of, newest first. Opening one reads it. */
export function Notices({ unread, close }: { unread: number; close: () => void }) {
  const t = useT()
  const { read, readAll } = useReading()
  const query = useInfiniteQuery({
    queryKey: keys.notificationList,
    queryFn: ({ pageParam }) => fetchNotifications(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
  const all = query.data?.pages.flatMap(page => page.notifications)
  const list = useRef<HTMLDivElement>(null)
  const isThere = all !== undefined
  useEffect(() => {
    if (isThere) list.current?.querySelector<HTMLElement>('[data-notice]')?.focus()
  }, [isThere])
  return (
    <>
      <div className="flex h-11 shrink-0 items-center border-b pr-2 pl-4">
        <h2 className="font-semibold">{t('bell.title')}</h2>
        {unread > 0 && <Button variant="ghost" className="ml-auto" onClick={() => readAll.mutate()}>{t('bell.readAll')}</Button>}
      </div>
      <div ref={list} className="min-h-0 flex-1 overflow-auto">
        {query.isPending && <div className="space-y-2 p-3" aria-busy><Skeleton className="h-11" /><Skeleton className="h-11" /><Skeleton className="h-11" /></div>}
        {query.isError && !all && <Failed error={query.error} retry={() => void query.refetch()} />}
        {all?.length === 0 && <Empty icon={BellOff} title={t('bell.none')} text={t('bell.noneHint')} />}
        {all && all.length > 0 && (
          <ul aria-label={t('bell.title')} className="divide-y" onKeyDown={stepThrough}>
            {all.map(one => <Notice key={one.id} one={one} read={() => read.mutate(one.id)} close={close} />)}
          </ul>
        )}
        {query.hasNextPage && (
          <div className="border-t p-2 text-center">
            <Button variant="ghost" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('bell.older')}</Button>
          </div>
        )}
      </div>
    </>
  )
}

/** Reading shows at once, and is put right by what the server then says. */
function useReading() {
  const client = useQueryClient()
  const show = (isRead: (one: Notification) => boolean) => {
    client.setQueryData<Pages>(keys.notificationList, old => old && {
      ...old,
      pages: old.pages.map(page => ({ ...page, notifications: page.notifications.map(one => (isRead(one) ? { ...one, is_read: true } : one)) })),
    })
  }
  const settle = {
    onError: (error: Error) => toastFailure(messageOf(error)),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.notifications }),
  }
  const read = useMutation({
    mutationFn: readNotification,
    onMutate: id => {
      show(one => one.id === id)
      client.setQueryData<number>(keys.unread, old => old && Math.max(0, old - 1))
    },
    ...settle,
  })
  const readAll = useMutation({
    mutationFn: readAllNotifications,
    onMutate: () => {
      show(() => true)
      client.setQueryData<number>(keys.unread, 0)
    },
    ...settle,
  })
  return { read, readAll }
}

const isOurs = (link: string | null): link is string => link !== null && link.startsWith('/') && !link.startsWith('//')

function Notice({ one, read, close }: { one: Notification; read: () => void; close: () => void }) {
  const router = useRouter()
  const now = useNow()
  const people = useQuery(peopleQuery)
  const by = people.data?.find(person => person.id === one.data.by)?.name
  const Icon = ICONS[one.kind.split('.')[0] ?? ''] ?? BellRing
  const open = (event: MouseEvent) => {
    if (!one.is_read) read()
    // A tab of its own, as with any link.
    if (event.ctrlKey || event.metaKey || event.shiftKey || !isOurs(one.link)) return
    event.preventDefault()
    close()
    router.history.push(one.link)
  }
  const detail = noticeDetail(one, by)
  const face = (
    <>
      <span className={cn('mt-0.5 shrink-0', one.is_read ? 'text-mute' : 'text-accent')}><Icon size={15} aria-hidden /></span>
      <span className="min-w-0 flex-1">
        <span className={cn('line-clamp-2', !one.is_read && 'font-semibold')}>{noticeTitle(one)}</span>
        {detail && <span className="block truncate text-xs text-mute">{detail}</span>}
      </span>
      {!one.is_read && <span className="sr-only">{say('inbox.unread')}</span>}
      <time dateTime={one.created_at} className="shrink-0 text-[11px] text-mute">{shortAge(one.created_at, now)}</time>
    </>
  )
  const FACE = 'flex min-w-0 flex-1 items-start gap-2.5 py-2.5 pr-1.5 pl-4'
  return (
    <li className="flex items-start hover:bg-raised">
      {isOurs(one.link) ? <a href={one.link} data-notice onClick={open} className={cn(FACE, '-outline-offset-2!')}>{face}</a> : <div className={FACE}>{face}</div>}
      <span className="w-9 shrink-0 pt-1.5 text-center">
        {!one.is_read && <Button variant="ghost" size="tiny" aria-label={say('bell.read')} title={say('bell.read')} onClick={read}><Check size={13} aria-hidden /></Button>}
      </span>
    </li>
  )
}

/** Up and down from one to the next. */
function stepThrough(event: KeyboardEvent<HTMLUListElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-notice]')]
  const row = (event.target as HTMLElement).closest('li')
  const at = links.findIndex(link => row?.contains(link))
  event.preventDefault()
  links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus()
}
