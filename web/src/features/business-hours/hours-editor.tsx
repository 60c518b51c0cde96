import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useBlocker, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Trash2 } from 'lucide-react'
import { useId, useRef, useState, type ReactNode } from 'react'
import { Holidays } from '@/features/business-hours/holidays'
import { draftOf, emptyDraft, isSame, sent, zones } from '@/features/business-hours/week'
import { WeekGrid } from '@/features/business-hours/week-grid'
import { changeBusinessHours, createBusinessHours, deleteBusinessHours } from '@/lib/api/business-hours'
import { keys } from '@/lib/api/keys'
import { messageOf, Problem } from '@/lib/api/problem'
import type { BusinessHours, Pipeline } from '@/lib/api/types'
import { tn, useT } from '@/lib/i18n'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Check, Field } from '@/ui/field'
import { FormError } from '@/ui/states'

/** Faults that stand at their own fields. */
const SHOWN = /^(name|zone|week|week\.\w+\.\d+(\.(from|to))?|holidays\.\d+\.(date|name))$/

type Props = { hours: BusinessHours | null; usedBy: Pipeline[]; mayWrite: boolean; defaultZone: string }

/** One set of business hours: its week and its holidays. Nothing is lost by going elsewhere without being asked. */
export function HoursEditor({ hours, usedBy, mayWrite, defaultZone }: Props) {
  const t = useT()
  const client = useQueryClient()
  const navigate = useNavigate()
  const list = useId()
  const [first] = useState(() => (hours ? draftOf(hours) : emptyDraft(defaultZone)))
  const [draft, setDraft] = useState(first)
  const [version, setVersion] = useState(hours?.version ?? 0)
  const [asks, setAsks] = useState(false)
  const isDone = useRef(false)
  const isDirty = !isSame(draft, first)
  const goesAsIs = () => isDone.current || !isDirty
  const leaving = useBlocker({ shouldBlockFn: () => !goesAsIs(), enableBeforeUnload: () => !goesAsIs(), withResolver: true })
  const close = async () => {
    isDone.current = true
    await client.invalidateQueries({ queryKey: keys.businessHours })
    toast(t('common.saved'))
    void navigate({ to: '/pipelines/hours' })
  }
  const save = useMutation({
    mutationFn: () => (hours ? changeBusinessHours(hours.id, sent(draft), version) : createBusinessHours(sent(draft))),
    onSuccess: close,
    onError: async error => {
      if (!isStale(error)) return
      // Whoever saves all the same has been told.
      await client.refetchQueries({ queryKey: keys.businessHours })
      const now = client.getQueryData<BusinessHours[]>(keys.businessHours)?.find(other => other.id === hours?.id)
      if (now) setVersion(now.version)
    },
  })
  const remove = useMutation({
    mutationFn: () => deleteBusinessHours(hours?.id ?? 0, version),
    onSuccess: async () => {
      isDone.current = true
      await client.invalidateQueries({ queryKey: keys.businessHours })
      toast(t('hours.deleted', { name: hours?.name ?? '' }))
      void navigate({ to: '/pipelines/hours' })
    },
  })
  const error = save.error ?? remove.error
  const problem = save.error instanceof Problem ? save.error : null
  return (
    <form
      aria-label={hours?.name ?? t('hours.new')}
      noValidate
      className="space-y-7"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <div>
        <Link to="/pipelines/hours" className="mb-2 inline-flex items-center gap-1 text-mute hover:text-fg"><ArrowLeft size={14} aria-hidden /> {t('hours.all')}</Link>
        <h2 className="text-[15px] font-semibold">{hours?.name ?? t('hours.new')}</h2>
      </div>
      <fieldset disabled={!mayWrite} className="min-w-0 space-y-7">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('hours.name')} autoFocus={!hours} maxLength={100} value={draft.name} error={problem?.field('name')} onChange={e => setDraft({ ...draft, name: e.target.value })} />
          <Field label={t('hours.zone')} list={list} autoComplete="off" spellCheck={false} value={draft.zone} error={problem?.field('zone')} onChange={e => setDraft({ ...draft, zone: e.target.value })} />
          <datalist id={list}>{zones().map(zone => <option key={zone} value={zone} />)}</datalist>
          <Check label={t('hours.makeDefault')} checked={draft.isDefault} disabled={first.isDefault} onChange={e => setDraft({ ...draft, isDefault: e.target.checked })} />
        </div>
        <Part title={t('hours.week')} text={t('hours.weekText')}>
          <WeekGrid week={draft.week} problem={problem} change={(day, spans) => setDraft(old => ({ ...old, week: { ...old.week, [day]: spans } }))} />
        </Part>
        <Part title={t('hours.holidays')} text={t('hours.holidaysText')}>
          <Holidays holidays={draft.holidays} problem={problem} change={holidays => setDraft(old => ({ ...old, holidays }))} />
        </Part>
      </fieldset>
      {hours && mayWrite && (
        <Part title={t('hours.delete')} text={usedBy.length > 0 ? t('hours.inUse', { names: usedBy.map(one => one.name).join(', ') }) : t('hours.deleteText')}>
          <Button size="md" variant="danger" disabled={usedBy.length > 0 || remove.isPending} onClick={() => setAsks(true)}><Trash2 size={14} aria-hidden /> {t('hours.delete')}</Button>
        </Part>
      )}
      {(isDirty || error) && (
        <div className="sticky bottom-3 z-10 space-y-2.5 rounded-xl border bg-panel p-3 shadow-lg">
          {error && <FormError>{words(error, t('hours.changedMeanwhile'))}</FormError>}
          <div className="flex flex-wrap items-center justify-end gap-2">
            <p className="mr-auto text-mute">{t('hours.unsaved')}</p>
            <Button
              size="md"
              onClick={() => {
                save.reset()
                remove.reset()
                setDraft(first)
              }}
            >
              {t('common.discard')}
            </Button>
            <Button size="md" variant="solid" type="submit" disabled={save.isPending || !isDirty}>{t(isStale(save.error) ? 'hours.saveAllTheSame' : 'common.save')}</Button>
          </div>
        </div>
      )}
      {asks && <ConfirmDialog title={t('hours.deleteAsk', { name: hours?.name ?? '' })} description={t('hours.deleteText')} submit={t('hours.delete')} onConfirm={() => remove.mutate()} onOpenChange={setAsks} />}
      {leaving.status === 'blocked' && (
        <ConfirmDialog title={t('hours.leave')} description={t('hours.leaveText')} submit={t('hours.leaveAnyway')} onConfirm={() => leaving.proceed()} onOpenChange={open => !open && leaving.reset()} />
      )}
    </form>
  )
}

const isStale = (error: Error | null): boolean => error instanceof Problem && error.code === 'stale_version'

function words(error: Error, stale: string): string {
  if (isStale(error)) return stale
  const faults = error instanceof Problem ? error.fields : []
  if (faults.length === 0) return messageOf(error)
  const others = faults.filter(fault => !SHOWN.test(fault.field)).map(fault => `${fault.field}: ${fault.message}`)
  return [tn('hours.mend', faults.length), ...others].join(' ')
}

const Part = ({ title, text, children }: { title: string; text: string; children: ReactNode }) => (
  <section aria-label={title} className="space-y-3">
    <div>
      <h3 className="font-semibold">{title}</h3>
      <p className="text-mute">{text}</p>
    </div>
    {children}
  </section>
)
