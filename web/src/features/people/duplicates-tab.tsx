import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CopyCheck } from 'lucide-react'
import { useState } from 'react'
import { addressKind } from '@/features/people/labels'
import { MergeDialog } from '@/features/people/merge-dialog'
import { useDismiss } from '@/features/people/use-dismiss'
import { fetchDuplicates } from '@/lib/api/contacts'
import { keys } from '@/lib/api/keys'
import type { ContactPair } from '@/lib/api/types'
import { tOr, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon } from '@/ui/channel-icon'
import { Empty, Failed, Skeleton } from '@/ui/states'

type Two = { one: number; other: number }

/** Pairs that are likely one person or company: to be merged, or said to be two. */
export function DuplicatesTab() {
  const t = useT()
  const [merging, setMerging] = useState<Two | null>(null)
  const query = useInfiniteQuery({
    queryKey: keys.duplicates,
    queryFn: ({ pageParam, signal }) => fetchDuplicates(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
  const pairs = query.data?.pages.flatMap(page => page.duplicates)
  const more = query.hasNextPage && (
    <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('person.pairsMore')}</Button>
  )
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4">
      {query.isPending && <Skeleton className="h-48" />}
      {query.isError && !pairs && <Failed error={query.error} retry={() => void query.refetch()} />}
      {pairs?.length === 0 && <Empty icon={CopyCheck} title={t('person.noPairs')} text={t(query.hasNextPage ? 'person.noPairsYet' : 'person.noPairsHint')}>{more}</Empty>}
      {pairs && pairs.length > 0 && (
        <div className="max-w-4xl space-y-3">
          <p className="text-mute">{t('person.pairsHint')}</p>
          <ul aria-label={t('person.tab.duplicates')} className="space-y-3">
            {pairs.map(pair => <Pair key={pair.contacts.map(one => one.id).join('-')} pair={pair} merge={setMerging} />)}
          </ul>
          {more}
        </div>
      )}
      {merging && <MergeDialog one={merging.one} other={merging.other} onMerged={() => setMerging(null)} onOpenChange={() => setMerging(null)} />}
    </div>
  )
}

function Pair({ pair, merge }: { pair: ContactPair; merge: (two: Two) => void }) {
  const t = useT()
  const me = useMe()
  const [one, other] = pair.contacts
  const dismiss = useDismiss(one?.id ?? 0)
  if (!one || !other || dismiss.left([other]).length === 0) return null
  const names = { one: one.name, other: other.name }
  return (
    <li className="rounded-xl border bg-panel p-3">
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        {[one, other].map(person => (
          <div key={person.id} className="min-w-0 rounded-lg border p-3">
            <p className="flex min-w-0 items-center gap-2.5">
              <Avatar name={person.name} size={28} />
              <span className="min-w-0">
                <Link to="/people/$contact" params={{ contact: String(person.id) }} className="block truncate font-medium hover:underline">{person.name}</Link>
                <span className="block truncate text-xs text-mute">{person.company?.name ?? t(`person.kinds.${person.kind}`)}</span>
              </span>
            </p>
            <ul className="mt-2 space-y-1">
              {person.methods.slice(0, 5).map(method => (
                <li key={method.id} className="flex items-center gap-2">
                  <span className="text-mute"><ChannelIcon channel={method.kind} size={13} /><span className="sr-only">{addressKind(method.kind)}</span></span>
                  <span className="min-w-0 truncate">{method.value}</span>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        {pair.reasons.map(reason => <Badge key={reason} tone="warn">{tOr(`same.reason.${reason}`, reason)}</Badge>)}
        <span className="ml-auto flex gap-2">
          {can(me, 'contacts.write') && <Button variant="ghost" aria-label={t('person.dismissPair', names)} onClick={() => dismiss.run(other.id)}>{t('same.dismiss')}</Button>}
          {can(me, 'contacts.merge') && <Button aria-label={t('person.comparePair', names)} onClick={() => merge({ one: one.id, other: other.id })}>{t('same.compare')}</Button>}
        </span>
      </div>
    </li>
  )
}
