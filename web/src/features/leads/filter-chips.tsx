import { ChevronLeft, ListFilter, X } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useFilters, type Filter } from '@/features/leads/filters'
import type { Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { filtersOf, type LeadsSearch } from '@/lib/lead-search'
import { Button } from '@/ui/button'
import { Popover } from '@/ui/popover'

type Props = { search: LeadsSearch; set: (change: Partial<LeadsSearch>) => void; pipeline: Pipeline | undefined; isBoard?: boolean; children?: ReactNode }

/** What the list is narrowed by, each to be changed and taken away, and a way to add another. */
export function FilterChips({ search, set, pipeline, isBoard = false, children }: Props) {
  const t = useT()
  const filters = useFilters(search, set, pipeline, isBoard)
  const [open, setOpen] = useState<string | null>(null)
  const isSet = filters.filter(filter => filter.said !== null)
  const clear = () => set(Object.fromEntries(Object.keys(filtersOf(search)).filter(key => key !== 'pipeline').map(key => [key, undefined])))
  return (
    <div role="group" aria-label={t('filter.leads')} className="flex flex-wrap items-center gap-1.5 border-b bg-panel px-4 py-2">
      {isSet.map(filter => (
        <Chip key={filter.id} filter={filter} isOpen={open === filter.id} setOpen={is => setOpen(is ? filter.id : null)} remove={() => set(filter.off)} />
      ))}
      <AddFilter filters={filters} isOpen={open === 'add'} setOpen={is => setOpen(is ? 'add' : null)} />
      {(isSet.length > 0 || search.q) && <Button variant="ghost" onClick={clear}>{t('filter.clearAll')}</Button>}
      {children && <div className="ml-auto flex items-center gap-1.5">{children}</div>}
    </div>
  )
}

type ChipProps = { filter: Filter; isOpen: boolean; setOpen: (open: boolean) => void; remove: () => void }

function Chip({ filter, isOpen, setOpen, remove }: ChipProps) {
  const t = useT()
  return (
    <span className="inline-flex h-7 max-w-72 items-center rounded-full border bg-accent-soft text-xs">
      <Popover
        label={filter.label}
        open={isOpen}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className="h-full min-w-0 truncate rounded-l-full pr-1 pl-2.5 hover:bg-raised">
            <span className="text-mute">{filter.label}:</span> <span className="font-medium">{filter.said}</span>
          </button>
        }
      >
        {filter.edit(() => setOpen(false))}
      </Popover>
      <button type="button" aria-label={t('filter.remove', { name: filter.label })} onClick={remove} className="grid h-full w-6 place-items-center rounded-r-full text-mute hover:bg-raised hover:text-fg">
        <X size={12} aria-hidden />
      </button>
    </span>
  )
}

type AddProps = { filters: Filter[]; isOpen: boolean; setOpen: (open: boolean) => void }

/** First which, then what: in one place, so that nothing jumps. */
function AddFilter({ filters, isOpen, setOpen }: AddProps) {
  const t = useT()
  const [picked, setPicked] = useState<string | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const filter = filters.find(one => one.id === picked)
  useEffect(() => {
    if (picked) box.current?.querySelector<HTMLElement>('input, [data-first]')?.focus()
  }, [picked])
  const turn = (open: boolean) => {
    setOpen(open)
    setPicked(null)
  }
  return (
    <Popover
      label={t('filter.add')}
      open={isOpen}
      onOpenChange={turn}
      trigger={<Button className="rounded-full! border-dashed"><ListFilter size={13} aria-hidden /> {t('filter.add')}</Button>}
    >
      <div ref={box}>
        {filter ? (
          <>
            <Button variant="ghost" size="sm" className="mb-2 -ml-1" onClick={() => setPicked(null)}><ChevronLeft size={13} aria-hidden /> {t('filter.others')}</Button>
            {filter.edit(() => turn(false))}
          </>
        ) : (
          <ul className="-m-1.5 max-h-80 overflow-auto">
            {filters.filter(one => one.said === null).map(one => (
              <li key={one.id}>
                <button type="button" onClick={() => setPicked(one.id)} className="w-full truncate rounded px-2 py-1.5 text-left hover:bg-accent-soft">{one.label}</button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Popover>
  )
}
