import { Link } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import { memo, type MouseEvent } from 'react'
import { CellEditor } from '@/features/leads/cell-editor'
import { phoneClass, type CellContext, type Column, type Editable } from '@/features/leads/columns'
import { AgingBadge, leadName, LeadPriorityBadge } from '@/features/leads/labels'
import type { LeadRow } from '@/lib/api/types'
import { t as say } from '@/lib/i18n'
import { cn } from '@/ui/cn'

export const ROW = 48
/** The columns come from the table; a phone shows name and stage. */
export const GRID = 'grid grid-cols-(--columns) max-sm:grid-cols-[28px_1fr_auto]! items-center gap-x-3 px-4'

export type RowActs = {
  toggle: (index: number, isRange: boolean) => void
  /** Begins to change a cell; null: ends. */
  edit: (id: number, what: Editable | null) => void
  move: (row: LeadRow, to: string) => void
}
type Props = {
  row: LeadRow
  columns: Column[]
  context: CellContext
  top: number
  index: number
  isTicked: boolean
  isMarked: boolean
  editing: Editable | null
  mayEdit: (what: Editable) => boolean
  acts: RowActs
}

/** A lead as a line. Only what changed about it draws it again. */
export const Row = memo(function Row({ row, columns, context, top, index, isTicked, isMarked, editing, mayEdit, acts }: Props) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-current={isMarked || undefined}
      className={cn(
        GRID,
        'group/row absolute inset-x-0 border-b border-l-3 border-l-transparent bg-panel hover:bg-raised',
        isTicked && 'bg-accent-soft!',
        isMarked && 'border-l-accent! bg-raised',
      )}
      style={{ top, height: ROW }}
    >
      <span role="cell" className="flex">
        <input
          type="checkbox"
          className="size-4 accent-(--accent)"
          aria-label={say('lead.chooseNamed', { name: row.name })}
          checked={isTicked}
          onChange={() => undefined}
          onClick={(event: MouseEvent) => acts.toggle(index, event.shiftKey)}
        />
      </span>
      {columns.map(column => (
        <Cell key={column.id} row={row} column={column} context={context} editing={editing} mayEdit={mayEdit} acts={acts} />
      ))}
    </div>
  )
})

type CellProps = Pick<Props, 'row' | 'context' | 'editing' | 'mayEdit' | 'acts'> & { column: Column }

function Cell({ row, column, context, editing, mayEdit, acts }: CellProps) {
  const { edit } = column
  const isOpen = edit !== undefined && editing === edit
  const canEdit = edit !== undefined && !row.archived_at && mayEdit(edit)
  const shown = <><span className="sr-only">{column.label}: </span>{column.cell(row, context)}</>
  const begin = () => edit && acts.edit(row.id, edit)
  const editor = isOpen && <CellEditor row={row} what={edit} pipeline={context.pipelineOf(row)} move={acts.move} close={() => acts.edit(row.id, null)}>{shown}</CellEditor>
  const handle = `${row.id}:${column.id}`
  if (column.id === 'name') {
    return (
      <span role="cell" className="flex min-w-0 items-center gap-1">
        {editor || (
          <>
            <span className="min-w-0 flex-1">
              <Link to="/leads/$lead" params={{ lead: String(row.id) }} className={cn('block truncate font-medium hover:underline', row.contact.erased_at && 'text-mute italic')}>{leadName(row)}</Link>
              <span className="flex gap-1.5 truncate text-xs text-mute">
                {!context.shown.has('source') && <span className="truncate">{context.sourceName(row.source)}</span>}
                <AgingBadge lead={row} now={context.now} />
                {!context.shown.has('priority') && (row.priority === 'high' || row.priority === 'critical') && <LeadPriorityBadge priority={row.priority} />}
              </span>
            </span>
            {canEdit && (
              <button
                type="button"
                data-cell={handle}
                aria-label={say('cell.rename', { name: row.name })}
                onClick={begin}
                className="grid size-6 shrink-0 place-items-center rounded text-mute opacity-0 group-hover/row:opacity-100 hover:bg-panel hover:text-fg focus-visible:opacity-100 max-sm:hidden"
              >
                <Pencil size={12} aria-hidden />
              </button>
            )}
          </>
        )}
      </span>
    )
  }
  if (!canEdit) return <span role="cell" className={cn('min-w-0 truncate', phoneClass(column))}>{column.cell(row, context)}</span>
  return (
    <span role="cell" className={cn('min-w-0', phoneClass(column))}>
      {editor || (
        <button
          type="button"
          data-cell={handle}
          onClick={begin}
          className="-mx-1.5 flex h-7 w-[calc(100%+0.75rem)] min-w-0 items-center truncate rounded border border-transparent px-1.5 text-left hover:border-edge focus-visible:border-edge"
        >
          {shown}
        </button>
      )}
    </span>
  )
}
