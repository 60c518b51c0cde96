import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keys } from '@/lib/api/keys'
import { removeStage } from '@/lib/api/pipelines'
import { messageOf, Problem } from '@/lib/api/problem'
import type { Pipeline, Stage } from '@/lib/api/types'
import { number, tn, useT } from '@/lib/i18n'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, SelectField } from '@/ui/field'
import { FormError } from '@/ui/states'

type Props = { pipeline: Pipeline; stage: Stage; count: number; onRemoved: (after: Pipeline) => void; onOpenChange: () => void }

/** Takes out a stage with leads in it, once it is said where they go. */
export function RemoveStageDialog({ pipeline, stage, count, onRemoved, onOpenChange }: Props) {
  const t = useT()
  const client = useQueryClient()
  const others = pipeline.stages.filter(one => one.is_active && one.id !== stage.id)
  const at = pipeline.stages.findIndex(one => one.id === stage.id)
  const [to, setTo] = useState(pipeline.stages.slice(at + 1).find(one => one.is_active && one.kind === 'open')?.key ?? others.find(one => one.kind === 'open')?.key ?? '')
  const [reason, setReason] = useState('')
  const target = others.find(one => one.key === to)
  const asksWhy = target?.kind === 'lost'
  const remove = useMutation({
    mutationFn: () => removeStage(pipeline.id, stage.id, pipeline.version, { move_to: to, reason: asksWhy ? reason.trim() : undefined }),
    onSuccess: after => {
      client.setQueryData<Pipeline[]>(keys.pipelines, old => old?.map(one => (one.id === after.id ? after : one)))
      void client.invalidateQueries({ queryKey: keys.stageCounts(pipeline.id) })
      toast(tn('setup.said.moving', count, { count: number(count), stage: target?.name ?? to }))
      onRemoved(after)
    },
    onError: () => void client.invalidateQueries({ queryKey: keys.pipelines }),
  })
  const problem = remove.error instanceof Problem ? remove.error : null
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('setup.removeStage', { name: stage.name })} description={tn('setup.removeStageText', count, { count: number(count) })}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          remove.mutate()
        }}
      >
        {remove.error && (problem?.fields.length ?? 0) === 0 && <FormError>{messageOf(remove.error)}</FormError>}
        <SelectField label={t('setup.moveTo')} hint={t('setup.moveToHint')} value={to} error={problem?.field('move_to')} onChange={e => setTo(e.target.value)}>
          {others.map(one => <option key={one.key} value={one.key}>{one.name}</option>)}
        </SelectField>
        {asksWhy && (
          <>
            <Field label={t('lead.reason')} list="lost-reasons" maxLength={500} required value={reason} error={problem?.field('reason')} onChange={e => setReason(e.target.value)} />
            <datalist id="lost-reasons">{pipeline.lost_reasons.map(one => <option key={one} value={one} />)}</datalist>
          </>
        )}
        <div className="flex justify-end gap-2">
          <Button size="md" onClick={onOpenChange}>{t('common.cancel')}</Button>
          <Button size="md" variant="danger" type="submit" disabled={remove.isPending || !to || (asksWhy && !reason.trim())}>{t('setup.removeAndMove')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
