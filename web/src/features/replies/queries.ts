import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { fetchCannedReplies, fetchCannedReply, type CannedReplyFilter } from '@/lib/api/canned-replies'
import { keys } from '@/lib/api/keys'

export const repliesRoute = getRouteApi('/desk/replies')

export function useReplies(filter: CannedReplyFilter) {
  const query = useInfiniteQuery({
    queryKey: keys.cannedReplyList({ pages: filter }),
    queryFn: ({ pageParam, signal }) => fetchCannedReplies(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next_cursor,
    placeholderData: previous => previous,
  })
  return { ...query, replies: query.data?.pages.flatMap(page => page.canned_replies) }
}

export const useReply = (id: number | undefined) =>
  useQuery({
    queryKey: keys.cannedReply(id ?? 0),
    queryFn: ({ signal }) => fetchCannedReply(id ?? 0, signal),
    enabled: id !== undefined,
    retry: false,
  })
