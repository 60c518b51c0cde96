import { useMutation, useQueryClient } from '@tanstack/react-query'
import { UserRound, UsersRound, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { AT_ONCE, changeAll, whyNotShared, whyOf, type BulkOutcome } from '@/features/leads/bulk'
import { BulkRefused, type BulkLeft } from '@/features/leads/bulk-refused'
import { leadName } from '@/features/leads/labels'
import { Load, ShareDialog, useAgents } from '@/features/leads/share-leads'
import { keys } from '@/lib/api/keys'
import { bulkUpdateLeads, shareLeads } from '@/lib/api/leads'
import type { LeadBulkChanges, LeadRow, LeadShare, Pipeline } from '@/lib/api/types'
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
/** The same change to all, or leads given out among several. */
type What = { updates: LeadBulkChanges } | { share: LeadShare }
type Wanted = { ids: number[]; what: What }

/** What can be done to all chosen leads at once. What is refused or was not sent stays chosen and is told. */
export function LeadBulkBar({ ids, rows, pipeline, untick, clear }: Props) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const mayAssign = can(me, 'leads.assign', 'team')
  const agents = useAgents(mayAssign).data?.agents ?? []
  const [isPicking, setPicking] = useState(false)
  const [isSharing, setSharing] = useState(false)
  // Those who go meanwhile are no longer among the rows.
  const names = useRef(new Map<number, string>())
  useEffect(() => {
    const chosen = new Set(ids)
    for (const row of rows) if (chosen.has(row.id)) names.current.set(row.id, leadName(row))
  }, [ids, rows])
  const [left, setLeft] = useState<BulkLeft | null>(null)
  const [progress, setProgress] = useState<{ done: number; all: number } | null>(null)
  const tell = ({ updated, refused, unsent, error }: BulkOutcome, what: What) => {
    if (updated.length > 0) toast(tn('lead.bulk.done', updated.length))
    if (refused.length + unsent.length === 0) return
    setLeft({ refused, unsent, error, names: names.current, again: ids => apply.mutate({ ids, what }) })
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
      const { ids, what } = wanted
      if ('share' in what) return changeAll(ids, what.share, shareLeads, told, result => whyNotShared(result.error))
      return changeAll(ids, what.updates, bulkUpdateLeads, told, result => whyOf(result, said, fieldName))
    },
    onSuccess: (outcome, { what }) => tell(outcome, what),
    onSettled: () => {
      setProgress(null)
      void client.invalidateQueries({ queryKey: keys.leads })
      void client.invalidateQueries({ queryKey: keys.leadAgents })
    },
  })
  const send = (updates: LeadBulkChanges) => apply.mutate({ ids, what: { updates } })
  const open = pipeline.stages.filter(stage => stage.is_active && stage.kind !== 'lost')
  return (
    <>
      {isSharing && <ShareDialog count={ids.length} onShare={share => apply.mutate({ ids, what: { share } })} onOpenChange={setSharing} />}
      {left && <BulkRefused {...left} onOpenChange={() => setLeft(null)} />}
      <div data-bulk role="toolbar" aria-label={t('lead.bulk')} className="fixed bottom-5 left-1/2 z-30 flex -translate-x-1/2 items-center gap-2 rounded-xl border bg-panel px-3 py-2 shadow-2xl max-sm:inset-x-2 max-sm:bottom-18 max-sm:translate-x-0 max-sm:flex-wrap max-sm:gap-1 max-sm:px-2">
        {progress ? (
          <span className="mr-1 font-medium whitespace-nowrap tabular-nums max-sm:mr-0" aria-live="polite">{t('lead.bulk.progress', { done: progress.done, all: progress.all })}</span>
        ) : (
          <span className="mr-1 font-medium whitespace-nowrap tabular-nums max-sm:mr-0">{tn('lead.bulk.chosen', ids.length)}</span>
        )}
        {progress && progress.all > AT_ONCE && <Progress label={t('lead.bulk')} share={progress.done / progress.all} className="w-24 max-sm:hidden" />}
        <Menu side="top" trigger={<Button disabled={apply.isPending}>{t('lead.move')}</Button>}>
          {open.map(stage => <MenuItem key={stage.key} onSelect={() => send({ status: stage.key })}>{stage.name}</MenuItem>)}
        </Menu>
        {mayAssign && (
          <Picker
            side="top"
            label={t('lead.assign')}
            open={isPicking}
            onOpenChange={setPicking}
            items={agents.map(agent => ({ id: String(agent.agent_id), text: agent.name, content: <><span className="min-w-0 truncate">{agent.name}</span><Load agent={agent} /></> }))}
            onPick={id => send({ assigned_to: Number(id) })}
            trigger={<Button disabled={apply.isPending}><UserRound size={13} className="max-sm:hidden" aria-hidden /> {t('lead.assign')}</Button>}
          />
        )}
        {mayAssign && agents.length > 1 && (
          <Button disabled={apply.isPending} onClick={() => setSharing(true)}><UsersRound size={13} className="max-sm:hidden" aria-hidden /> {t('lead.share')}</Button>
        )}
        <Button variant="ghost" size="icon" aria-label={t('lead.bulk.clear')} className="max-sm:ml-auto" disabled={apply.isPending} onClick={clear}><X size={15} aria-hidden /></Button>
      </div>
    </>
  )
}
