import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { changeImport, checkImport, fetchFaults, fetchImport, fetchImports, runImport, undoImport } from '@/lib/api/imports'
import { keys } from '@/lib/api/keys'
import type { Import } from '@/lib/api/types'

/** Progress is told live; this only helps where the live connection fails. */
const LOOK_AGAIN_MS = 4_000

export const isWorking = (state: Import['state']): boolean => state === 'checking' || state === 'running' || state === 'undoing'
/** Nothing was done yet, so that everything can be said anew; also where it failed before it did anything. */
export const isOpen = ({ state, created_rows, updated_rows }: Import): boolean =>
  state === 'ready' || state === 'checked' || (state === 'failed' && created_rows + updated_rows === 0)

export const useImports = () =>
  useInfiniteQuery({
    queryKey: keys.importList,
    queryFn: ({ pageParam }) => fetchImports(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
    refetchInterval: ({ state }) => (state.data?.pages.some(page => page.imports.some(one => isWorking(one.state))) ? LOOK_AGAIN_MS : false),
  })

export const useImport = (id: number) =>
  useQuery({
    queryKey: keys.importOf(id),
    queryFn: ({ signal }) => fetchImport(id, signal),
    refetchInterval: ({ state }) => (state.data && isWorking(state.data.state) ? LOOK_AGAIN_MS : false),
  })

export const useFaults = ({ id, finished_at }: Import) =>
  useInfiniteQuery({
    queryKey: keys.importFaults(id, finished_at ?? ''),
    queryFn: ({ pageParam, signal }) => fetchFaults(id, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: page => page.next_row,
    staleTime: Infinity,
  })

export type Plan = Pick<Import, 'mapping' | 'options'>
const STARTS = { check: checkImport, run: runImport, undo: undoImport }
export type Start = keyof typeof STARTS

/**
 * What is said of an import: shown at once, kept on the server with every change, one after the other. What the server
 * refuses stays on screen with what is wrong, and nothing starts before it is mended.
 */
export function usePlan(one: Import) {
  const client = useQueryClient()
  const [draft, setDraft] = useState<Plan | null>(null)
  const plan = draft ?? { mapping: one.mapping, options: one.options }
  // What was said last, also by a field that waited with it.
  const said = useRef(plan)
  said.current = plan
  const turn = useRef(0)
  const queue = useRef<Promise<unknown>>(Promise.resolve())
  const refused = useRef<Error | null>(null)
  const inTurn = <T,>(work: () => Promise<T>): Promise<T> => {
    const mine = queue.current.then(work)
    queue.current = mine.catch(() => {})
    return mine
  }
  const keep = (fresh: Import) => client.setQueryData(keys.importOf(one.id), fresh)
  const save = useMutation({
    mutationFn: ({ wanted }: { wanted: Plan; turn: number }) =>
      inTurn(async () => {
        try {
          const version = client.getQueryData<Import>(keys.importOf(one.id))?.version ?? one.version
          keep(await changeImport(one.id, wanted, version))
          refused.current = null
        } catch (error) {
          refused.current = error as Error
          throw error
        }
      }),
    onSuccess: (_, saved) => {
      if (saved.turn === turn.current) setDraft(null)
    },
    onError: () => void client.invalidateQueries({ queryKey: keys.importOf(one.id) }),
  })
  const start = useMutation({
    mutationFn: (what: Start) =>
      inTurn(async () => {
        if (refused.current) throw refused.current
        keep(await STARTS[what](one.id))
        void client.invalidateQueries({ queryKey: keys.importList })
      }),
  })
  const change = (part: (now: Plan) => Partial<Plan>) => {
    const wanted = { ...said.current, ...part(said.current) }
    said.current = wanted
    turn.current += 1
    setDraft(wanted)
    start.reset()
    save.mutate({ wanted, turn: turn.current })
  }
  return {
    ...plan,
    change,
    /** What is wrong with what was said, or why it did not start. */
    problem: save.error ?? start.error,
    start: start.mutate,
    isStarting: start.isPending,
  }
}
export type PlanState = ReturnType<typeof usePlan>
