import { Link, useBlocker } from '@tanstack/react-router'
import { useEffect, useRef, type ReactNode } from 'react'
import { isStale } from '@/features/pipelines/queries'
import { messageOf, Problem } from '@/lib/api/problem'
import type { Pipeline } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { FormError } from '@/ui/states'

/** A part of a page, with what it is for. */
export const Part = ({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) => (
  <section aria-label={title} className="space-y-3">
    <div>
      <h2 className="font-semibold">{title}</h2>
      {text && <p className="text-mute">{text}</p>}
    </div>
    {children}
  </section>
)

type FormProps = {
  label: string
  isDirty: boolean
  isPending: boolean
  error: Error | null
  /** Faults at fields that the form shows itself. */
  shows: RegExp
  save: () => void
  discard: () => void
  children: ReactNode
}

/** A form that is kept by one button. Nothing of it is lost by going elsewhere without being asked. */
export function KeptForm({ label, isDirty, isPending, error, shows, save, discard, children }: FormProps) {
  const t = useT()
  const dirty = useRef(isDirty)
  dirty.current = isDirty
  const leaving = useBlocker({ shouldBlockFn: () => dirty.current, enableBeforeUnload: () => dirty.current, withResolver: true })
  const others = error instanceof Problem ? error.fields.filter(fault => !shows.test(fault.field)) : []
  const faults = error instanceof Problem ? error.fields.length : 0
  const words = isStale(error) ? t('setup.changedMeanwhile') : faults > 0 ? t('setup.mend', { n: faults }) : error && messageOf(error)
  // Nothing is changed while it is being kept, so that no change is lost to the answer. Whoever was in a field is there again.
  const form = useRef<HTMLFormElement>(null)
  const focused = useRef<Element | null>(null)
  useEffect(() => {
    if (isPending || !focused.current) return
    const back = focused.current.isConnected ? focused.current : form.current
    if (document.activeElement === document.body && back instanceof HTMLElement) back.focus({ preventScroll: true })
    focused.current = null
  }, [isPending])
  return (
    <form
      ref={form}
      aria-label={label}
      noValidate
      tabIndex={-1}
      className="space-y-7 outline-none"
      onSubmit={event => {
        event.preventDefault()
        // A dialog's own form is heard here as well, though it stands elsewhere on the page.
        if (event.target !== event.currentTarget) return
        focused.current = document.activeElement
        save()
      }}
    >
      <div inert={isPending} className="space-y-7">{children}</div>
      {(isDirty || error) && (
        <div className="sticky bottom-3 z-10 space-y-2.5 rounded-xl border bg-panel p-3 shadow-lg">
          {error && <FormError>{[words, ...others.map(fault => `${fault.field}: ${fault.message}`)].join(' ')}</FormError>}
          <div className="flex flex-wrap items-center justify-end gap-2">
            <p className="mr-auto text-mute">{t('setup.unsaved')}</p>
            <Button size="md" onClick={discard}>{t('common.discard')}</Button>
            <Button size="md" variant="solid" type="submit" disabled={isPending || !isDirty}>{t(isStale(error) ? 'setup.saveAllTheSame' : 'common.save')}</Button>
          </div>
        </div>
      )}
      {leaving.status === 'blocked' && (
        <Dialog open onOpenChange={() => leaving.reset()} title={t('setup.leave')} description={t('setup.leaveText')}>
          <div className="flex justify-end gap-2">
            <Button size="md" onClick={() => leaving.reset()}>{t('common.cancel')}</Button>
            <Button size="md" variant="danger" onClick={() => leaving.proceed()}>{t('setup.leaveAnyway')}</Button>
          </div>
        </Dialog>
      )}
    </form>
  )
}

/** Which pipeline is being set up. */
export function Chooser({ pipelines, chosen, tab, children }: { pipelines: Pipeline[]; chosen: number | undefined; tab: 'fields' | undefined; children?: ReactNode }) {
  const t = useT()
  return (
    <div className="mb-6 flex flex-wrap items-center gap-2">
      <nav aria-label={t('setup.pipelines')} className="contents">
        {pipelines.map(one => (
          <Link
            key={one.id}
            to="/pipelines"
            search={{ tab, p: one.id }}
            aria-current={one.id === chosen ? 'page' : undefined}
            activeOptions={{ explicitUndefined: true }}
            className="flex h-8 items-center gap-1.5 rounded-full border bg-panel px-3 font-medium hover:bg-raised aria-[current]:border-accent aria-[current]:bg-accent-soft aria-[current]:text-accent"
          >
            {one.name}
            {one.is_default && <Badge tone="accent">{t('setup.default')}</Badge>}
            {!one.is_active && <Badge>{t('setup.outOfUse')}</Badge>}
          </Link>
        ))}
      </nav>
      {children}
    </div>
  )
}
