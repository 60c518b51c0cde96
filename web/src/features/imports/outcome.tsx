import { Link } from '@tanstack/react-router'
import { CircleAlert, CircleCheck, RotateCcw, Undo2 } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Faults } from '@/features/imports/faults'
import { Counts } from '@/features/imports/labels'
import { isOpen, type PlanState } from '@/features/imports/queries'
import type { Import, Pipeline } from '@/lib/api/types'
import { number, t as say, tn, useT } from '@/lib/i18n'
import { dateTime } from '@/lib/time'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Progress } from '@/ui/progress'
import { FormError } from '@/ui/states'

type Props = { one: Import; plan: PlanState; pipeline: Pipeline | undefined; mayWrite: boolean }

/** A pass over the rows that is under way: it goes on without anybody looking. */
export function Working({ one, plan, mayWrite }: Omit<Props, 'pipeline'>) {
  const t = useT()
  const [isAsking, setAsking] = useState(false)
  const { state, position, total_rows: total } = one
  const share = total ? (state === 'undoing' ? 1 - position / total : position / total) : null
  return (
    <div className="space-y-4">
      <section className="rounded-xl border bg-panel p-5">
        <h2 aria-live="polite" className="mb-3 font-semibold">{t(`import.doing.${state as 'checking' | 'running' | 'undoing'}`)}</h2>
        <Progress label={t(`import.doing.${state as 'checking' | 'running' | 'undoing'}`)} share={share} />
        <p className="mt-2 text-xs text-mute tabular-nums">
          {total !== null && state !== 'undoing' ? `${t('import.rowsOf', { done: number(position), all: number(total) })} ` : ''}
          {t('import.goesOn')}
        </p>
        {mayWrite && state === 'checking' && <Button className="mt-3" disabled={plan.isStarting} onClick={() => plan.start('check')}><RotateCcw size={13} aria-hidden /> {t('import.checkAgain')}</Button>}
        {mayWrite && state === 'running' && <Button className="mt-3" disabled={plan.isStarting} onClick={() => setAsking(true)}>{t('import.stop')}</Button>}
      </section>
      {plan.problem && <FormError>{plan.problem.message}</FormError>}
      {state !== 'undoing' && <Counts of={one} isFuture={state === 'checking'} />}
      {isAsking && state === 'running' && <AskUndo one={one} plan={plan} onOpenChange={setAsking} />}
    </div>
  )
}

/** What a run would do. Nothing is done yet. */
export function Checked({ one, plan, pipeline }: Omit<Props, 'mayWrite'>) {
  const t = useT()
  return (
    <div className="space-y-6">
      <div className="space-y-3">
        <p className="text-mute">{t('import.checkedHint')}</p>
        <Counts of={one} isFuture />
      </div>
      {plan.problem && <FormError>{plan.problem.message}</FormError>}
      {one.failed_rows > 0 && <Faults one={one} pipeline={pipeline} />}
    </div>
  )
}

/** What a run did, or how far it came; with the way back. */
export function Outcome({ one, plan, pipeline, mayWrite }: Props) {
  const t = useT()
  const [isAsking, setAsking] = useState(false)
  const made = one.created_rows + one.updated_rows
  return (
    <div className="space-y-6">
      <Summary one={one} />
      {one.state !== 'undone' && <Counts of={one} />}
      {plan.problem && <FormError>{plan.problem.message}</FormError>}
      <div className="flex flex-wrap gap-2">
        {made > 0 && one.state !== 'undone' && (
          <Link to="/leads" search={{ pipeline: one.options.pipeline_id ?? undefined, outcome: 'any', tag: one.options.tags[0] }} className="inline-flex h-8 items-center rounded-md bg-accent px-3 font-medium text-accent-fg hover:bg-accent-strong">
            {t('import.seeLeads')}
          </Link>
        )}
        {mayWrite && one.state === 'failed' && !isOpen(one) && one.cleared_at === null && (
          <Button variant="solid" size="md" disabled={plan.isStarting} onClick={() => plan.start('run')}><RotateCcw size={14} aria-hidden /> {t('import.goOn')}</Button>
        )}
        {mayWrite && <Link to="/leads/import" className="inline-flex h-8 items-center rounded-md border bg-panel px-3 font-medium hover:bg-raised">{t('import.another')}</Link>}
        {mayWrite && made > 0 && one.state !== 'undone' && (
          <Button variant="danger" size="md" disabled={plan.isStarting} onClick={() => setAsking(true)}><Undo2 size={14} aria-hidden /> {t('import.undo')}</Button>
        )}
      </div>
      {one.failed_rows > 0 && one.state !== 'undone' && <Faults one={one} pipeline={pipeline} />}
      {isAsking && <AskUndo one={one} plan={plan} onOpenChange={setAsking} />}
    </div>
  )
}

/** Nothing is taken back by a slip. */
function AskUndo({ one, plan, onOpenChange }: { one: Import; plan: PlanState; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open onOpenChange={onOpenChange} title={say('import.undoAsk')} description={say('import.undoHint')}>
      <p>{tn('import.undoWhat', one.created_rows + one.updated_rows)}</p>
      <div className="mt-5 flex justify-end gap-2">
        <Button size="md" onClick={() => onOpenChange(false)}>{say('common.cancel')}</Button>
        <Button
          size="md"
          variant="danger"
          onClick={() => {
            onOpenChange(false)
            plan.start('undo')
          }}
        >
          {say('import.undo')}
        </Button>
      </div>
    </Dialog>
  )
}

function Summary({ one }: { one: Import }) {
  const at = one.finished_at ? dateTime(one.finished_at) : ''
  switch (one.state) {
    case 'done':
      return <Said icon={<CircleCheck size={18} className="text-ok" aria-hidden />} title={say('import.done')} text={at} />
    case 'undone':
      return <Said icon={<Undo2 size={18} className="text-mute" aria-hidden />} title={say('import.undone')} text={one.kept_rows > 0 ? tn('import.kept', one.kept_rows) : say('import.keptNone')} />
    default:
      return <Said icon={<CircleAlert size={18} className="text-danger" aria-hidden />} title={say('import.failed')} text={[one.error, say(isOpen(one) ? 'import.failedAtOnce' : 'import.failedHint')].filter(Boolean).join(' ')} />
  }
}

const Said = ({ icon, title, text }: { icon: ReactNode; title: string; text: string }) => (
  <div role="status" className="flex items-start gap-2.5">
    <span className="mt-0.5">{icon}</span>
    <div>
      <h2 className="text-[15px] font-semibold">{title}</h2>
      <p className="text-mute">{text}</p>
    </div>
  </div>
)
