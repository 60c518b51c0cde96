import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { faultWords } from '@/features/vendors/rules'
import { keys } from '@/lib/api/keys'
import type { Vendor } from '@/lib/api/types'
import { fetchVendorPosts, type VendorPost } from '@/lib/api/vendors'
import { t as say, tOr, useT } from '@/lib/i18n'
import { dateTime } from '@/lib/time'
import { Badge, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Select } from '@/ui/field'
import { Failed, Skeleton } from '@/ui/states'

const OUTCOMES = ['accepted', 'rejected', 'duplicate'] as const
type Outcome = (typeof OUTCOMES)[number]
const TONES: Record<string, Tone> = { accepted: 'ok', rejected: 'danger', duplicate: 'warn' }

/** What the vendor posted, newest first: what became of it, and why it was refused. */
export function PostingLog({ vendor }: { vendor: Vendor }) {
  const t = useT()
  const [outcome, setOutcome] = useState<Outcome | undefined>()
  const query = useInfiniteQuery({
    queryKey: [...keys.vendors, vendor.code, 'posts', outcome ?? 'all'],
    queryFn: ({ pageParam }) => fetchVendorPosts(vendor.code, outcome, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
  const posts = query.data?.pages.flatMap(page => page.posts)
  return (
    <section className="mt-5 border-t pt-4">
      <div className="mb-2 flex items-center gap-2">
        <h3 className="flex-1 text-xs font-semibold text-mute">{t('vendor.posts')}</h3>
        <Select aria-label={t('vendor.outcome')} value={outcome ?? ''} onChange={e => setOutcome(OUTCOMES.find(one => one === e.target.value))}>
          <option value="">{t('vendor.outcome.all')}</option>
          {OUTCOMES.map(one => <option key={one} value={one}>{t(`vendor.outcome.${one}`)}</option>)}
        </Select>
      </div>
      {query.isPending && <Skeleton className="h-24" />}
      {query.isError && !posts && <Failed error={query.error} retry={() => void query.refetch()} />}
      {posts?.length === 0 && <p className="text-mute">{t('vendor.noPosts')}</p>}
      {posts && posts.length > 0 && (
        <ul aria-label={t('vendor.posts')} className="divide-y rounded-md border">
          {posts.map(post => <Post key={post.id} post={post} vendor={vendor} />)}
        </ul>
      )}
      {query.hasNextPage && (
        <Button className="mt-2" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('lead.more')}</Button>
      )}
    </section>
  )
}

function Post({ post, vendor }: { post: VendorPost; vendor: Vendor }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-3 py-1.5">
      <time dateTime={post.at} className="text-xs text-mute tabular-nums">{dateTime(post.at)}</time>
      <Badge tone={TONES[post.outcome] ?? 'mute'}>{tOr(`vendor.outcome.${post.outcome}`, post.outcome)}</Badge>
      {post.lead_id !== null && (
        <Link to="/leads/$lead" params={{ lead: String(post.lead_id) }} className="hover:underline">{say('vendor.postedLead', { n: post.lead_id })}</Link>
      )}
      {post.faults.length > 0 && (
        <ul className="min-w-0 basis-full space-y-0.5">
          {post.faults.map((fault, n) => (
            <li key={n} className="break-words"><code className="font-semibold">{fault.field || say('vendor.wholePost')}</code> {faultWords({ ...fault, message: fault.code }, vendor.rules)}</li>
          ))}
        </ul>
      )}
    </li>
  )
}
