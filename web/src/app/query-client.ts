import { QueryClient } from '@tanstack/react-query'
import { Problem } from '@/lib/api/problem'

/** A refusal stays a refusal; only trouble on the way is worth another try. */
const isWorthRetrying = (count: number, error: Error): boolean =>
  count < 2 && (!(error instanceof Problem) || error.status >= 500)

/** Live events keep the cache right, so looking at a window again fetches nothing by itself. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 60_000, gcTime: 15 * 60_000, retry: isWorthRetrying, refetchOnWindowFocus: false },
    // What cannot be sent now fails now, in words: it neither waits without a word nor goes off by itself later.
    mutations: { retry: false, networkMode: 'always' },
  },
})
