import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserRound, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { AT_ONCE, changeAll, whyOf, type BulkOutcome } from '@/features/leads/bulk'
import { BulkRefused, type BulkLeft } from '@/features/leads/bulk-refused'
import { leadName } from '@/features/leads/labels'
import { keys } from '@/lib/api/keys'
import { bulkUpdateLeads } from '@/lib/api/leads'
import { peopleQuery } from '@/lib/api/staff'
import type { LeadBulkChanges, LeadRow, Pipeline } from '@/lib/api/types'
import { tn, tOr, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { refusals } from '@/lib/refusals'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Menu, MenuItem } from '@/ui/menu'
import { Picker } from '@/ui/picker'
import { Progress } from '@/ui/progress'

type Props = { ids: number[]; rows: readonly LeadRow[]; pipeline: Pipeline; untick: (ids: readonly number[]) => void; clear: () => void }
type Wanted = { ids: number[]; updates: LeadBulkChanges }

/** What can be done to all chosen leads at once. What is refused or was not sent stays chosen and is told. */
export function LeadBulkBar({ ids, rows, pipeline, untick, clear }: Props) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const people = useQuery(peopleQuery)
  const [isPicking, setPicking] = useState(false)
  // Those who go meanwhile are no longer among the rows.
  const names = useRef(new Map<number, string>())
  useEffect(() => {
    const chosen = new Set(ids)
    for (const row of rows) if (chosen.has(row.id)) names.current.set(row.id, leadName(row))
  }, [ids, rows])
  const [left, setLeft] = useState<BulkLeft | null>(null)
  const [progress, setProgress] = useState<{ done: number; all: number } | null>(null)
  const tell = ({ updated, refused, unsent, error }: BulkOutcome, updates: LeadBulkChanges) => {
    if (updated.length > 0) toast(tn('lead.bulk.done', updated.length))
    if (refused.length + unsent.length === 0) return
    setLeft({ refused, unsent, error, names: names.current, again: ids => apply.mutate({ ids, updates }) })
  }
  const fieldName = (field: string) =>
    pipeline.fields.find(one => `custom.${one.key}` === field)?.label ?? tOr(`lead.bulk.field.${field}`, tOr(`lead.field.${field}`, field))
  const apply = useMutation({
    mutationFn: async (wanted: Wanted) => {
      const all = wanted.ids.length
      setProgress({ done: 0, all })
      const said = await refusals()
      const told = (done: number, updated: number[]) => {
        setProgress({ done, all })
        untick(updated)
      }
      return changeAll(wanted.ids, wanted.updates, bulkUpdateLeads, told, result => whyOf(result, said, fieldName))
    },
    onSuccess: (outcome, { updates }) => tell(outcome, updates),
    onSettled: () => {
      setProgress(null)
      void client.invalidateQueries({ queryKey: keys.leads })
    },
  })
  const send = (updates: LeadBulkChanges) => apply.mutate({ ids, updates })
  const open = pipeline.stages.filter(stage => stage.is_active && stage.kind !== 'lost')
  return (
    <>
      {left && <BulkRefused {...left} onOpenChange={() => setLeft(null)} />}
      <div data-bulk role="toolbar" aria-label={t('lead.bulk')} className="fixed bottom-5 left-1/2 z-30 flex -translate-x-1/2 items-center gap-2 rounded-xl border bg-panel px-3 py-2 shadow-2xl max-sm:bottom-18">
        {progress ? (
          <span className="mr-1 font-medium tabular-nums" aria-live="polite">{t('lead.bulk.progress', { done: progress.done, all: progress.all })}</span>
        ) : (
          <span className="mr-1 font-medium tabular-nums">{tn('lead.bulk.chosen', ids.length)}</span>
        )}
        {progress && progress.all > AT_ONCE && <Progress label={t('lead.bulk')} share={progress.done / progress.all} className="w-24 max-sm:hidden" />}
        <Menu side="top" trigger={<Button disabled={apply.isPending}>{t('lead.move')}</Button>}>
          {open.map(stage => <MenuItem key={stage.key} onSelect={() => send({ status: stage.key })}>{stage.name}</MenuItem>)}
        </Menu>
        {can(me, 'leads.assign', 'team') && (
          <Picker
            side="top"
            label={t('lead.assign')}
            open={isPicking}
            onOpenChange={setPicking}
            items={(people.data ?? []).map(person => ({ id: String(person.id), text: person.name }))}
            onPick={id => send({ assigned_to: Number(id) })}
            trigger={<Button disabled={apply.isPending}><UserRound size={13} aria-hidden /> {t('lead.assign')}</Button>}
          />
        )}
        <Button variant="ghost" size="icon" aria-label={t('lead.bulk.clear')} disabled={apply.isPending} onClick={clear}><X size={15} aria-hidden /></Button>
      </div>
    </>
  )
}
