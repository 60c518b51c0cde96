import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserRound, X } from 'lucide-react'
import { useState } from 'react'
import { AT_ONCE, changeAll, reasonsOf, type BulkOutcome } from '@/features/leads/bulk'
import { keys } from '@/lib/api/keys'
import { bulkUpdateLeads } from '@/lib/api/leads'
import { peopleQuery } from '@/lib/api/staff'
import type { LeadBulkChanges, Pipeline } from '@/lib/api/types'
import { number, tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Menu, MenuItem } from '@/ui/menu'
import { Picker } from '@/ui/picker'
import { Progress } from '@/ui/progress'

/** So many reasons are told; the leads themselves stay chosen. */
const TOLD = 3

type Props = { ids: number[]; pipeline: Pipeline; untick: (ids: readonly number[]) => void; clear: () => void }
type Wanted = { ids: number[]; updates: LeadBulkChanges }

/** What can be done to all chosen leads at once. What is refused or was not sent stays chosen and is told. */
export function LeadBulkBar({ ids, pipeline, untick, clear }: Props) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const people = useQuery(peopleQuery)
  const [isPicking, setPicking] = useState(false)
  const [progress, setProgress] = useState<{ done: number; all: number } | null>(null)
  const tell = ({ updated, refused, unsent, error }: BulkOutcome, updates: LeadBulkChanges) => {
    if (updated.length > 0) toast(tn('lead.bulk.done', updated.length))
    const left = [...refused.map(({ id }) => id), ...unsent]
    if (left.length === 0) return
    const reasons = reasonsOf(refused).slice(0, TOLD).map(({ why, n }) => (n === refused.length ? why : `${why} (${number(n)})`))
    toastFailure(t('lead.bulk.failed', { n: left.length, why: [...reasons, ...(error ? [error.message] : [])].join(' · ') }), () => apply.mutate({ ids: left, updates }))
  }
  const apply = useMutation({
    mutationFn: (wanted: Wanted) => {
      setProgress({ done: 0, all: wanted.ids.length })
      return changeAll(wanted.ids, wanted.updates, bulkUpdateLeads, (done, updated) => {
        setProgress({ done, all: wanted.ids.length })
        untick(updated)
      })
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
  )
}
