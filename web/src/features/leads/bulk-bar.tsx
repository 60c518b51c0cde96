import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserRound, X } from 'lucide-react'
import { useState } from 'react'
import { keys } from '@/lib/api/keys'
import { bulkUpdateLeads } from '@/lib/api/leads'
import { messageOf } from '@/lib/api/problem'
import { peopleQuery } from '@/lib/api/staff'
import type { LeadBulkChanges, Pipeline } from '@/lib/api/types'
import { tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Menu, MenuItem } from '@/ui/menu'
import { Picker } from '@/ui/picker'

/** What can be done to all chosen leads at once. What is refused stays chosen and is told. */
export function LeadBulkBar({ ids, pipeline, clear }: { ids: number[]; pipeline: Pipeline; clear: () => void }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const people = useQuery(peopleQuery)
  const [isPicking, setPicking] = useState(false)
  const apply = useMutation({
    mutationFn: (updates: LeadBulkChanges) => bulkUpdateLeads(ids.slice(0, 500), updates),
    onSuccess: ({ summary, results }) => {
      const failed = results.find(result => result.status === 'failed')
      if (failed) toastFailure(t('lead.bulk.failed', { n: summary.failed, why: failed.error ?? '' }))
      else toast(tn('lead.bulk.done', summary.updated))
      clear()
    },
    onError: (error, updates) => toastFailure(messageOf(error), () => apply.mutate(updates)),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.leads }),
  })
  const open = pipeline.stages.filter(stage => stage.is_active && stage.kind !== 'lost')
  return (
    <div data-bulk role="toolbar" aria-label={t('lead.bulk')} className="fixed bottom-5 left-1/2 z-30 flex -translate-x-1/2 items-center gap-2 rounded-xl border bg-panel px-3 py-2 shadow-2xl max-sm:bottom-18">
      <span className="mr-1 font-medium tabular-nums">{tn('lead.bulk.chosen', ids.length)}</span>
      <Menu side="top" trigger={<Button disabled={apply.isPending}>{t('lead.move')}</Button>}>
        {open.map(stage => <MenuItem key={stage.key} onSelect={() => apply.mutate({ status: stage.key })}>{stage.name}</MenuItem>)}
      </Menu>
      {can(me, 'leads.assign', 'team') && (
        <Picker
          side="top"
          label={t('lead.assign')}
          open={isPicking}
          onOpenChange={setPicking}
          items={(people.data ?? []).map(person => ({ id: String(person.id), text: person.name }))}
          onPick={id => apply.mutate({ assigned_to: Number(id) })}
          trigger={<Button disabled={apply.isPending}><UserRound size={13} aria-hidden /> {t('lead.assign')}</Button>}
        />
      )}
      <Button variant="ghost" size="icon" aria-label={t('lead.bulk.clear')} onClick={clear}><X size={15} aria-hidden /></Button>
    </div>
  )
}
