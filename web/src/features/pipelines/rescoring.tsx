import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRescoring } from '@/features/pipelines/queries'
import { keys } from '@/lib/api/keys'
import { beginRescoring } from '@/lib/api/pipelines'
import { messageOf } from '@/lib/api/problem'
import { number, tn, useT } from '@/lib/i18n'
import { dateTime } from '@/lib/time'
import { toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Progress } from '@/ui/progress'

/** How far the scores of all leads have been counted anew, and a button that has it done. */
export function RescoringStatus({ onlyWhileRunning = false }: { onlyWhileRunning?: boolean }) {
  const t = useT()
  const client = useQueryClient()
  const { data } = useRescoring()
  const begin = useMutation({
    mutationFn: beginRescoring,
    onSuccess: begun => client.setQueryData(keys.rescoring, begun),
    onError: error => toastFailure(messageOf(error)),
  })
  const isRunning = data?.state === 'running'
  if (!data || (onlyWhileRunning && !isRunning)) return null
  return (
    <div role="status" className="space-y-2.5 rounded-xl border bg-panel p-4">
      {isRunning && (
        <>
          <p className="font-medium">{t('setup.recounting')}</p>
          <Progress label={t('setup.recounting')} share={data.total === null ? null : data.total === 0 ? 1 : Math.min(1, data.done / data.total)} />
          <p className="text-mute tabular-nums">{data.total === null ? t('setup.recountBegins') : t('setup.recountProgress', { done: number(data.done), all: number(data.total) })}</p>
        </>
      )}
      {data.state === 'done' && (
        <p className="text-mute">{tn('setup.recounted', data.done, { count: number(data.done), changed: number(data.changed), when: dateTime(data.finished_at ?? '') })}</p>
      )}
      {!isRunning && (
        <Button size="md" disabled={begin.isPending} onClick={() => begin.mutate()}>{t('setup.recount')}</Button>
      )}
    </div>
  )
}
