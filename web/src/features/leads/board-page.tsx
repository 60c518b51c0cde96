import { monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { Plus, SquareKanban } from 'lucide-react'
import { useEffect, useState } from 'react'
import { BoardColumnView } from '@/features/leads/board-column'
import { BoardKeysProvider, useBoardKeys } from '@/features/leads/board-keys'
import { boardRoute } from '@/features/leads/filter'
import { FilterChips } from '@/features/leads/filter-chips'
import { FollowProvider, useFollow } from '@/features/leads/follow'
import { useMover } from '@/features/leads/move-menu'
import { NewLeadDialog } from '@/features/leads/new-lead'
import { useBoard, usePipeline } from '@/features/leads/queries'
import { SavedViews } from '@/features/leads/saved-views'
import { Toolbar } from '@/features/leads/toolbar'
import type { BoardColumn, Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { boardFilter, type LeadsSearch } from '@/lib/lead-search'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Button } from '@/ui/button'
import { Empty, Failed, Skeleton } from '@/ui/states'

/** The pipeline as columns of cards. A card goes on by drag, by its menu, or by `[` and `]`. */
export function BoardPage() {
  const t = useT()
  const me = useMe()
  const search = boardRoute.useSearch()
  const navigate = boardRoute.useNavigate()
  const set = (change: Partial<LeadsSearch>) => void navigate({ search: old => ({ ...old, ...change }), replace: true })
  const { pipelines, pipeline } = usePipeline(search.pipeline)
  const [isAdding, setAdding] = useState(false)
  useEffect(() => {
    document.title = `${t('nav.pipeline')} · Frontdesk`
  }, [t])
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <Toolbar title={t('nav.pipeline')} search={search} set={set}>
        {can(me, 'leads.create') && (
          <Button variant="solid" size="md" onClick={() => setAdding(true)}><Plus size={14} aria-hidden /> {t('lead.new')}</Button>
        )}
      </Toolbar>
      <SavedViews screen="pipeline" search={search} go={next => void navigate({ search: next })} />
      <FilterChips search={search} set={set} pipeline={pipeline} isBoard />
      {pipeline && <Columns key={pipeline.id} pipeline={pipeline} search={search} />}
      {!pipeline && pipelines.length === 0 && <Empty icon={SquareKanban} title={t('lead.noPipeline')} />}
      {isAdding && <NewLeadDialog pipelineId={search.pipeline} onOpenChange={setAdding} />}
    </main>
  )
}

const NONE: BoardColumn[] = []

function Columns({ pipeline, search }: { pipeline: Pipeline; search: LeadsSearch }) {
  const filter = boardFilter(search, pipeline.id)
  const board = useBoard(filter)
  const mover = useMover(pipeline)
  const { move } = mover
  const followed = useFollow()
  const boardKeys = useBoardKeys(board.data?.columns ?? NONE)
  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => source.data.kind === 'lead',
        onDrop: ({ source, location }) => {
          const target = location.current.dropTargets[0]
          const { id, status } = source.data
          if (target && typeof id === 'number' && typeof status === 'string' && typeof target.data.status === 'string') {
            move(id, status, target.data.status)
          }
        },
      }),
    [move],
  )
  if (board.isPending) {
    return (
      <div className="flex gap-3 p-4" aria-busy>
        {pipeline.stages.map(stage => <Skeleton key={stage.key} className="h-96 w-64 shrink-0" />)}
      </div>
    )
  }
  if (board.isError) return <Failed error={board.error} retry={() => void board.refetch()} />
  return (
    <div className="flex min-h-0 flex-1 snap-x scroll-px-4 gap-3 overflow-x-auto p-4">
      <FollowProvider value={followed}>
        <BoardKeysProvider value={boardKeys}>
          {board.data.columns.map(column => (
            <BoardColumnView key={column.status} column={column} pipeline={pipeline} filter={filter} move={move} />
          ))}
        </BoardKeysProvider>
      </FollowProvider>
      {mover.dialog}
    </div>
  )
}
