import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MessageSquareReply, Plus, Trash2 } from 'lucide-react'
import { useEffect } from 'react'
import { useReplies, useReply, repliesRoute } from '@/features/replies/queries'
import { ReplyDialog } from '@/features/replies/reply-dialog'
import { createCannedReply, deleteCannedReply, type CannedReplyFilter } from '@/lib/api/canned-replies'
import { keys } from '@/lib/api/keys'
import { messageOf } from '@/lib/api/problem'
import { departmentsQuery } from '@/lib/api/staff'
import type { CannedReply } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { readable } from '@/lib/slash'
import { toast, toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Input, Select } from '@/ui/field'
import { Empty, Failed, Skeleton } from '@/ui/states'

const filterOf = ({ q, whose }: { q?: string | undefined; whose?: string | undefined }): CannedReplyFilter => ({
  search: q,
  ...(whose === 'me' ? { mine: true } : whose === 'shared' ? { mine: false } : Number(whose) > 0 ? { department_id: Number(whose) } : {}),
})

/** The texts that are kept ready: found, read, written. */
export function RepliesPage() {
  const t = useT()
  const me = useMe()
  const search = repliesRoute.useSearch()
  const navigate = repliesRoute.useNavigate()
  const departments = useQuery(departmentsQuery)
  const query = useReplies(filterOf(search))
  const { replies } = query
  const mayWrite = can(me, 'canned_replies.write')
  const isNarrowed = Boolean(search.q || search.whose)
  const set = (change: Partial<typeof search>) => void navigate({ search: old => ({ ...old, ...change }), replace: true })
  useEffect(() => {
    document.title = `${t('replies.title')} · Frontdesk`
  }, [t])
  const mine = me.departments.map(one => one.id)
  const seen = (departments.data ?? []).filter(one => can(me, 'canned_replies.read', 'all') || mine.includes(one.id))
  return (
    <main className="flex min-w-0 flex-1 flex-col overflow-auto">
      <header className="sticky top-0 z-10 flex flex-wrap items-center gap-3 border-b bg-panel px-6 py-3 max-sm:px-4">
        <h1 className="text-[15px] font-semibold">{t('replies.title')}</h1>
        {mayWrite && (
          <Button variant="solid" size="md" className="ml-auto" onClick={() => set({ r: 'new' })}><Plus size={14} aria-hidden /> {t('replies.new')}</Button>
        )}
      </header>
      <div className="w-full max-w-5xl space-y-4 p-6 max-sm:p-4">
        <p className="max-w-3xl text-mute">{t('replies.about')}</p>
        <div className="flex flex-wrap gap-2">
          <Input type="search" aria-label={t('replies.search')} placeholder={t('replies.search')} value={search.q ?? ''} maxLength={100} onChange={e => set({ q: e.target.value || undefined })} className="w-64! max-sm:w-full!" />
          <Select aria-label={t('replies.whose')} value={search.whose ?? ''} onChange={e => set({ whose: e.target.value || undefined })}>
            <option value="">{t('replies.whose.any')}</option>
            <option value="me">{t('replies.whose.me')}</option>
            <option value="shared">{t('replies.whose.shared')}</option>
            {seen.map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
          </Select>
        </div>
        {query.isPending && <Skeleton className="h-64" />}
        {query.isError && !replies && <Failed error={query.error} retry={() => void query.refetch()} />}
        {replies?.length === 0 && (
          <Empty icon={MessageSquareReply} title={t(isNarrowed ? 'common.nothingFound' : 'replies.noneYet')} text={isNarrowed ? '' : t('replies.noneText')}>
            {mayWrite && !isNarrowed && <Button variant="solid" onClick={() => set({ r: 'new' })}>{t('replies.new')}</Button>}
          </Empty>
        )}
        {replies && replies.length > 0 && (
          <ul aria-label={t('replies.title')} className="divide-y overflow-hidden rounded-xl border bg-panel">
            {replies.map(reply => <ReplyRow key={reply.id} reply={reply} />)}
          </ul>
        )}
        {query.hasNextPage && <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('replies.more')}</Button>}
      </div>
      <Opened r={search.r} close={() => set({ r: undefined })} />
    </main>
  )
}

/** The dialog that the address names. */
function Opened({ r, close }: { r: number | 'new' | undefined; close: () => void }) {
  const t = useT()
  const { data, isError } = useReply(typeof r === 'number' ? r : undefined)
  useEffect(() => {
    if (typeof r !== 'number' || !isError) return
    toastFailure(t('replies.gone'))
    close()
  }, [r, isError, close, t])
  if (r === 'new') return <ReplyDialog key="new" reply={null} close={close} />
  return r !== undefined && data?.id === r ? <ReplyDialog key={r} reply={data} close={close} /> : null
}

/** Whose it is, in a word. */
export const ownerOf = (reply: CannedReply, t: ReturnType<typeof useT>): string =>
  reply.shared_with === 'me' ? t('replies.mineOnly') : (reply.department?.name ?? t('replies.everybody'))

function ReplyRow({ reply }: { reply: CannedReply }) {
  const t = useT()
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: keys.cannedReplies })
  const remove = useMutation({
    mutationFn: () => deleteCannedReply(reply.id, reply.version),
    onSuccess: () => {
      void refresh()
      const { name, shortcut, subject, body, shared_with, department_id, is_active } = reply
      const undo = () => void createCannedReply({ name, shortcut, subject, body, shared_with, department_id, is_active }).then(refresh, (error: Error) => toastFailure(error.message))
      toast(t('replies.deleted', { name }), { action: { label: 'common.undo', run: undo } })
    },
    onError: error => {
      toastFailure(messageOf(error))
      void refresh()
    },
  })
  return (
    <li className={cn('group relative flex items-start gap-3 px-4 py-3 hover:bg-raised', remove.isPending && 'opacity-60')}>
      <Link to="/replies" search={old => ({ ...old, r: reply.id })} className="min-w-0 flex-1 rounded after:absolute after:inset-0">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 truncate font-medium">{reply.name}</span>
          <span className="text-xs text-mute">/{reply.shortcut}</span>
          <Badge tone={reply.shared_with === 'me' ? 'accent' : 'mute'}>{ownerOf(reply, t)}</Badge>
          {!reply.is_active && <Badge tone="warn">{t('replies.off')}</Badge>}
        </span>
        <span className="mt-1 line-clamp-2 text-mute">{readable(reply.body)}</span>
      </Link>
      {reply.can_change && (
        <Button variant="ghost" size="icon" className="relative" aria-label={t('replies.delete', { name: reply.name })} disabled={remove.isPending} onClick={() => remove.mutate()}>
          <Trash2 size={14} aria-hidden />
        </Button>
      )}
    </li>
  )
}
