import { useAssignment } from '@/features/inbox/queries'
import { Section } from '@/features/inbox/section'
import type { Decision, Ticket } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { dateTime } from '@/lib/time'
import { DecisionView } from '@/ui/decision-view'
import { Skeleton } from '@/ui/states'

/** Why this ticket is where it is: the stored reasoning of the routing. */
export function WhyMe({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const me = useMe()
  const { data, isPending } = useAssignment(ticket.id)
  const isMine = ticket.assigned_agent?.id === me.id
  return (
    <Section title={isMine ? t('why.me') : ticket.assigned_agent ? t('why.here') : t('why.waits')}>
      {isPending && <Skeleton className="h-20" />}
      {data && !data.decision && <p className="text-mute">{t('why.none')}</p>}
      {data?.decision && <DecisionView decision={data.decision} />}
      {data && data.history.length > 1 && <History history={data.history} current={data.decision?.id ?? null} />}
    </Section>
  )
}

function History({ history, current }: { history: Decision[]; current: number | null }) {
  const t = useT()
  return (
    <details className="mt-3 text-xs">
      <summary className="cursor-pointer font-medium text-mute">{t('why.history')}</summary>
      <ol className="mt-2 space-y-1.5">
        {history.filter(decision => decision.id !== current).map(decision => (
          <li key={decision.id} className="flex justify-between gap-2">
            <span>{decision.winner?.name ?? t(`reason.${decision.reason}`)}</span>
            {decision.at && <time dateTime={decision.at} className="text-mute">{dateTime(decision.at)}</time>}
          </li>
        ))}
      </ol>
    </details>
  )
}
