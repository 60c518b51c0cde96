import { Plus } from 'lucide-react'
import { moved, newUid, type WordRow } from '@/features/pipelines/draft'
import { Sortable } from '@/features/pipelines/sortable'
import type { Problem } from '@/lib/api/problem'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Input } from '@/ui/field'

type Props = {
  /** What the list holds, and what one of it is called. */
  label: string
  one: string
  add: string
  rows: WordRow[]
  set: (rows: WordRow[]) => void
  problem: Problem | null
  /** Where the server finds them: `checklist`, whose faults are at `checklist.0.name`. */
  field: 'dispositions' | 'checklist' | 'lost_reasons'
}

/** A list of words, in an order of one's own. */
export function WordsEditor({ label, one, add, rows, set, problem, field }: Props) {
  const t = useT()
  const faultOf = (n: number) => problem?.field(field === 'lost_reasons' ? `${field}.${n}` : `${field}.${n}.name`) ?? problem?.field(`${field}.${n}.key`)
  return (
    <div className="space-y-2">
      <Sortable label={label} items={rows} nameOf={row => row.name} move={(from, to) => set(moved(rows, from, to))} remove={row => set(rows.filter(other => other.uid !== row.uid))}>
        {(row, n) => (
          <>
            <Input
              aria-label={t('setup.nth', { what: one, n: n + 1 })} aria-invalid={faultOf(n) ? true : undefined} value={row.name} maxLength={field === 'lost_reasons' ? 200 : 100}
              autoFocus={row.uid.startsWith('new-') && row.name === ''} onChange={e => set(rows.map(other => (other.uid === row.uid ? { ...row, name: e.target.value } : other)))}
              className={cn(faultOf(n) && 'border-danger')}
            />
            {faultOf(n) && <p className="mt-1 text-xs text-danger">{faultOf(n)}</p>}
          </>
        )}
      </Sortable>
      <Button onClick={() => set([...rows, { uid: newUid(), key: '', name: '' }])}><Plus size={13} aria-hidden /> {add}</Button>
    </div>
  )
}
