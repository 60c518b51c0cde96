import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft, ArrowRight, Check, FileX, RotateCcw } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { ColumnsStep } from '@/features/imports/columns-step'
import { faultAt, StateBadge } from '@/features/imports/labels'
import { tellsWho } from '@/features/imports/mapping'
import { OptionsStep } from '@/features/imports/options-step'
import { Checked, Outcome, Working } from '@/features/imports/outcome'
import { isOpen, isWorking, useImport, usePlan, type PlanState } from '@/features/imports/queries'
import { pipelinesQuery } from '@/lib/api/leads'
import { Problem } from '@/lib/api/problem'
import type { Import } from '@/lib/api/types'
import { t as say, tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Empty, Failed, FormError, Skeleton } from '@/ui/states'

const route = getRouteApi('/desk/leads/import/$import')
const STEPS = ['columns', 'options', 'check', 'result'] as const
type Step = (typeof STEPS)[number]

/** Where an import stands decides what is shown; before it runs, the address says which step. */
function stepOf(one: Import, wanted: 'columns' | 'options' | undefined): Step {
  if (one.state === 'checking') return 'check'
  if (one.state === 'checked') return wanted ?? 'check'
  if (one.state === 'failed' && isOpen(one)) return wanted ?? 'result'
  return one.state === 'ready' ? (wanted ?? 'columns') : 'result'
}

/** One import: what its columns are, how it is done, what it would do, and what it did. */
export function ImportPage() {
  const t = useT()
  const id = Number(route.useParams().import)
  const query = useImport(id)
  const one = query.data
  useEffect(() => {
    document.title = `${one?.file_name ?? t('import.title')} · Frontdesk`
  }, [t, one?.file_name])
  if (query.isError && !one) {
    const isGone = query.error instanceof Problem && query.error.status === 404
    return (
      <main className="flex-1">
        {isGone ? <Empty icon={FileX} title={t('import.gone')} text={t('import.goneHint')} isPage /> : <Failed error={query.error} retry={() => void query.refetch()} />}
      </main>
    )
  }
  if (!one) return <main className="flex-1 space-y-4 p-6" aria-busy><Skeleton className="h-12" /><Skeleton className="h-80" /></main>
  return <Wizard key={id} one={one} />
}

function Wizard({ one }: { one: Import }) {
  const t = useT()
  const me = useMe()
  const plan = usePlan(one)
  const navigate = route.useNavigate()
  const wanted = route.useSearch().step
  const step = stepOf(one, wanted)
  const mayWrite = can(me, 'imports.write')
  const pipelines = (useQuery(pipelinesQuery).data ?? []).filter(other => other.is_active)
  const pipeline = plan.options.pipeline_id === null ? pipelines.find(other => other.is_default) : pipelines.find(other => other.id === plan.options.pipeline_id)
  const go = (to: 'columns' | 'options' | undefined) => void navigate({ search: { step: to } })
  const start = (what: 'check' | 'run') => plan.start(what, { onSuccess: () => go(undefined) })
  const takes = one.created_rows + one.updated_rows
  const isCleared = one.cleared_at !== null && isOpen(one)
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <Header one={one} />
      <Steps at={step} one={one} mayWrite={mayWrite} />
      <div className="min-h-0 flex-1 overflow-auto p-6 max-sm:p-4" tabIndex={-1}>
        <div className="max-w-4xl">
          {isCleared && (
            <p role="status" className="mb-4 rounded-md bg-warn/10 px-3 py-2 text-warn">
              {t('import.cleared')} <Link to="/leads/import" className="font-medium underline">{t('import.another')}</Link>
            </p>
          )}
          {step === 'columns' && <ColumnsStep one={one} plan={plan} pipelines={pipelines} pipeline={pipeline} />}
          {step === 'options' && <OptionsStep plan={plan} pipeline={pipeline} />}
          {isWorking(one.state) && <Working one={one} plan={plan} mayWrite={mayWrite} />}
          {step === 'check' && one.state === 'checked' && <Checked one={one} plan={plan} pipeline={pipeline} />}
          {step === 'result' && !isWorking(one.state) && <Outcome one={one} plan={plan} pipeline={pipeline} mayWrite={mayWrite} />}
        </div>
      </div>
      {mayWrite && isOpen(one) && !isCleared && (
        <Foot problem={step === 'check' || step === 'result' ? null : plan.problem} step={step} again={() => plan.change(() => ({}))}>
          {step === 'columns' && (
            <Button variant="solid" size="lg" className="ml-auto" disabled={!tellsWho(plan.mapping)} onClick={() => go('options')}>{t('import.toOptions')} <ArrowRight size={15} aria-hidden /></Button>
          )}
          {step === 'options' && (
            <>
              <Back step={t('import.step.columns')} go={() => go('columns')} />
              <Button variant="solid" size="lg" className="ml-auto" disabled={plan.isStarting} onClick={() => start('check')}>{t('import.check')} <ArrowRight size={15} aria-hidden /></Button>
            </>
          )}
          {step === 'check' && (
            <>
              <Back step={t('import.step.options')} go={() => go('options')} />
              <CheckAgain plan={plan} start={() => start('check')} />
              <Button variant="solid" size="lg" disabled={plan.isStarting || takes === 0} onClick={() => start('run')}>{takes === 0 ? t('import.nothing') : tn('import.run', takes)}</Button>
            </>
          )}
          {step === 'result' && (
            <>
              <Back step={t('import.step.options')} go={() => go('options')} />
              <CheckAgain plan={plan} start={() => start('check')} isNext />
            </>
          )}
        </Foot>
      )}
    </main>
  )
}

const CheckAgain = ({ plan, start, isNext }: { plan: PlanState; start: () => void; isNext?: boolean }) => (
  <Button size="lg" variant={isNext ? 'solid' : 'outline'} className="ml-auto" disabled={plan.isStarting} onClick={start}><RotateCcw size={15} aria-hidden /> {say('import.checkAgain')}</Button>
)

const Back = ({ step, go }: { step: string; go: () => void }) => (
  <Button size="lg" aria-label={say('import.backTo', { step })} onClick={go}><ArrowLeft size={15} aria-hidden /> <span className="max-sm:hidden">{step}</span></Button>
)

const MARKS: Record<string, 'comma' | 'semicolon' | 'tab' | 'bar'> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }

function Header({ one }: { one: Import }) {
  const mark = MARKS[one.delimiter]
  const facts = [
    one.total_rows === null ? null : tn('import.rows', one.total_rows),
    tn('import.columnCount', one.headers.length),
    one.encoding,
    mark ? say(`import.mark.${mark}`) : one.delimiter,
  ]
  return (
    <header className="flex items-center gap-2 border-b bg-panel px-4 py-2.5">
      <Link to="/leads/import" aria-label={say('import.all')} className="rounded-md p-1.5 text-mute hover:bg-raised hover:text-fg"><ArrowLeft size={16} aria-hidden /></Link>
      <div className="min-w-0 flex-1">
        <h1 className="truncate text-[15px] font-semibold">{one.file_name}</h1>
        <p className="truncate text-xs text-mute">{facts.filter(Boolean).join(' · ')}</p>
      </div>
      <StateBadge state={one.state} />
    </header>
  )
}

/** The way of an import. What can still be said anew is a link. */
function Steps({ at, one, mayWrite }: { at: Step; one: Import; mayWrite: boolean }) {
  const index = STEPS.indexOf(at)
  return (
    <nav aria-label={say('import.steps')} className="shrink-0 border-b bg-panel px-4 max-sm:px-2">
      <ol className="flex gap-1">
        {STEPS.map((step, n) => {
          const isNow = n === index
          const isPast = n < index || one.state === 'done'
          const to = step === 'columns' || step === 'options' ? step : undefined
          const isReachable = mayWrite && isOpen(one) && !isNow && (to !== undefined || (step === 'check' && one.state === 'checked'))
          const face = cn('flex items-center gap-2 border-b-2 border-transparent px-2.5 py-2 text-xs whitespace-nowrap', isNow ? 'border-accent! font-semibold' : 'text-mute')
          // A phone has room for the name of the present one.
          const name = <span className={isNow ? '' : 'max-sm:sr-only'}>{say(`import.step.${step}`)}</span>
          const mark = (
            <span aria-hidden className={cn('grid size-4.5 place-items-center rounded-full text-[10.5px] font-semibold', isNow ? 'bg-accent text-accent-fg' : isPast ? 'bg-accent-soft text-accent' : 'bg-fg/6')}>
              {isPast && !isNow ? <Check size={11} /> : n + 1}
            </span>
          )
          return (
            <li key={step}>
              {isReachable ? (
                <Link to="/leads/import/$import" params={{ import: String(one.id) }} search={{ step: to }} className={cn(face, 'hover:text-fg')}>{mark} {name}</Link>
              ) : (
                <span aria-current={isNow ? 'step' : undefined} className={face}>{mark} {name}</span>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

/** The way on and back; with what the server says where no field of the step says it. */
function Foot({ problem, step, again, children }: { problem: Error | null; step: Step; again: () => void; children: ReactNode }) {
  const faults = problem instanceof Problem ? problem.fields : []
  const elsewhere = faults.filter(fault => fault.field.startsWith('mapping') !== (step === 'columns'))
  const words = faults.length === 0 ? problem?.message : elsewhere.length === 0 ? say('import.mend') : elsewhere.map(fault => faultAt(problem, fault.field)).join(' ')
  return (
    <footer className="shrink-0 space-y-2 border-t bg-panel px-6 py-3 max-sm:px-4">
      {problem && (
        <div className="flex items-start gap-2">
          <div className="flex-1"><FormError>{words}</FormError></div>
          {faults.length === 0 && <Button size="md" onClick={again}>{say('common.retry')}</Button>}
        </div>
      )}
      <div className="flex max-w-4xl flex-wrap gap-2">{children}</div>
    </footer>
  )
}
