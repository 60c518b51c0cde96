import { ArrowDown, ArrowUp, Columns3 } from 'lucide-react'
import { useState } from 'react'
import { USUAL, type Column } from '@/features/leads/columns'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Popover } from '@/ui/popover'

type Props = { all: Column[]; shown: Column[]; choose: (ids: string[]) => void }

/** Which columns there are, and in which order. */
export function ColumnChooser({ all, shown, choose }: Props) {
  const t = useT()
  const [isOpen, setOpen] = useState(false)
  const ids = shown.map(column => column.id)
  const rest = all.filter(column => !ids.includes(column.id))
  const move = (id: string, step: number) => {
    const at = ids.indexOf(id)
    choose(ids.toSpliced(at, 1).toSpliced(at + step, 0, id))
  }
  const row = (column: Column, isOn: boolean) => {
    const at = ids.indexOf(column.id)
    return (
      <li key={column.id} className="flex items-center gap-1 rounded px-1 hover:bg-raised">
        <label className="flex min-w-0 flex-1 items-center gap-2 py-1">
          <input
            type="checkbox"
            className="size-4 shrink-0 accent-(--accent)"
            checked={isOn}
            disabled={column.id === 'name'}
            onChange={() => choose(isOn ? ids.filter(id => id !== column.id) : [...ids, column.id])}
          />
          <span className="truncate">{column.label}</span>
        </label>
        {isOn && column.id !== 'name' && (
          <>
            <Button variant="ghost" size="tiny" disabled={at <= 1} aria-label={t('column.before', { name: column.label })} onClick={() => move(column.id, -1)}><ArrowUp size={13} aria-hidden /></Button>
            <Button variant="ghost" size="tiny" disabled={at === ids.length - 1} aria-label={t('column.after', { name: column.label })} onClick={() => move(column.id, 1)}><ArrowDown size={13} aria-hidden /></Button>
          </>
        )}
      </li>
    )
  }
  return (
    <Popover
      label={t('column.title')}
      align="end"
      className="w-72"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={<Button className="max-sm:hidden"><Columns3 size={13} aria-hidden /> {t('column.title')}</Button>}
    >
      <ul className="max-h-[50vh] overflow-auto">
        {shown.map(column => row(column, true))}
        {rest.map(column => row(column, false))}
      </ul>
      <Button variant="ghost" className="mt-2" onClick={() => choose(USUAL)}>{t('column.usual')}</Button>
    </Popover>
  )
}
