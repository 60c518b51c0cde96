import { Hourglass } from 'lucide-react'
import { useQueues } from '@/features/routing/queries'
import { number, useT } from '@/lib/i18n'
import { span, useNow } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { Empty, Failed, Skeleton } from '@/ui/states'

const CELL = 'px-4 py-2.5'

export function QueuesTab() {
  const t = useT()
  const now = useNow()
  const query = useQueues()
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!query.data) return <Skeleton className="h-40" />
  if (query.data.queues.length === 0) return <Empty icon={Hourglass} title={t('department.none')} text={t('department.noneText')} />
  return (
    <div className="relative overflow-x-auto rounded-xl border bg-panel">
      <table className="w-full text-left">
        <thead className="border-b text-xs text-mute">
          <tr>
            <th scope="col" className={CELL}>{t('ticket.department')}</th>
            <th scope="col" className={CELL}>{t('queues.waiting')}</th>
            <th scope="col" className={CELL}>{t('queues.oldest')}</th>
            <th scope="col" className={CELL}>{t('queues.agents')}</th>
            <th scope="col" className={CELL}>{t('queues.free')}</th>
            <th scope="col" className={CELL}>{t('queues.open')}</th>
          </tr>
        </thead>
        <tbody className="divide-y tabular-nums">
          {query.data.queues.map(queue => (
            <tr key={queue.department.id}>
              <th scope="row" className={`${CELL} font-medium`}>{queue.department.name}</th>
              <td className={CELL}>
                {queue.waiting === 0 ? <span className="text-mute">0</span> : <Badge tone={queue.agents_available === 0 ? 'danger' : 'warn'}>{number(queue.waiting)}</Badge>}
              </td>
              <td className={CELL}>{queue.oldest_at ? span(now - Date.parse(queue.oldest_at)) : <span className="text-mute">–</span>}</td>
              <td className={CELL}>{t('queues.agentsOf', { free: queue.agents_available, all: queue.agents_total })}</td>
              <td className={CELL}>{number(queue.free_capacity)}</td>
              <td className={CELL}>{number(queue.open)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
