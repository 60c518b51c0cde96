import { useQueryClient } from '@tanstack/react-query'
import { ChevronDown, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { perform } from '@/features/inbox/actions'
import { AssignPicker } from '@/features/inbox/assign-picker'
import { PRIORITIES, STATUSES } from '@/features/inbox/filter'
import { clearTicked, ticked } from '@/features/inbox/state'
import { assignTicket, changeTicket } from '@/lib/api/tickets'
import type { Named, Ticket, TicketRow } from '@/lib/api/types'
import { tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { useStore } from '@/lib/store'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Menu, MenuItem } from '@/ui/menu'

const AT_ONCE = 4
type Work = { shown: Partial<TicketRow>; send: (id: number, version: number) => Promise<Ticket> }

/** Floats over the list while tickets are ticked. */
export function BulkBar({ rows }: { rows: TicketRow[] }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const selected = useStore(ticked)
  const [done, setDone] = useState<number | null>(null)
  const [isAssigning, setAssigning] = useState(false)
  const isShown = selected.size > 0
  // Toasts make room for the bar.
  useEffect(() => {
    document.documentElement.toggleAttribute('data-bulk', isShown)
    return () => document.documentElement.removeAttribute('data-bulk')
  }, [isShown])
  if (!isShown) return null

  const run = async (ids: number[], work: Work) => {
    setDone(0)
    const failed: number[] = []
    const queue = [...ids]
    const worker = async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        const ticket = id
        const ok = await perform(client, ticket, { shown: work.shown, said: '', send: version => work.send(ticket, version) }, true)
        if (!ok) failed.push(ticket)
        setDone(n => (n ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    setDone(null)
    clearTicked()
    if (failed.length > 0) toastFailure(tn('bulk.failed', failed.length), () => void run(failed, work))
    else toast(tn('bulk.done', ids.length))
  }
  const all = (work: Work) => void run([...selected], work)
  const assign = (agent: Named | null) => all({ shown: { assigned_agent: agent }, send: id => assignTicket(id, agent?.id ?? null) })
  return (
    <section
      aria-label={t('bulk.label')}
      className="fixed bottom-3 left-17 z-30 flex w-[316px] flex-wrap items-center gap-1.5 rounded-xl border bg-panel p-1.5 shadow-2xl max-lg:w-[280px] max-sm:inset-x-2 max-sm:bottom-16 max-sm:w-auto"
    >
      <span role="status" className="px-2 text-xs font-medium whitespace-nowrap first:flex-1">
        {done === null ? tn('bulk.selected', selected.size) : t('bulk.progress', { done, all: selected.size })}
      </span>
      <Button variant="ghost" onClick={() => ticked.set(new Set(rows.map(row => row.id)))}>
        {t('bulk.all')}
      </Button>
      <Button variant="ghost" size="icon" aria-label={t('bulk.clear')} onClick={clearTicked}>
        <X size={14} aria-hidden />
      </Button>
      <div className="flex w-full gap-1.5 *:flex-1">
        {can(me, 'tickets.assign', 'team') && (
          <AssignPicker open={isAssigning} onOpenChange={setAssigning} chosen={null} onPick={assign} side="top" trigger={<Button disabled={done !== null}>{t('thread.assign')} <ChevronDown size={12} aria-hidden /></Button>} />
        )}
        {can(me, 'tickets.write') && (
          <>
            <Menu side="top" trigger={<Button disabled={done !== null}>{t('ticket.status')} <ChevronDown size={12} aria-hidden /></Button>}>
              {STATUSES.filter(s => s !== 'new').map(status => (
                <MenuItem key={status} onSelect={() => all({ shown: { status }, send: (id, version) => changeTicket(id, { status }, version) })}>
                  {t(`status.${status}`)}
                </MenuItem>
              ))}
            </Menu>
            <Menu side="top" trigger={<Button disabled={done !== null}>{t('ticket.priority')} <ChevronDown size={12} aria-hidden /></Button>}>
              {PRIORITIES.map(priority => (
                <MenuItem key={priority} onSelect={() => all({ shown: { priority }, send: (id, version) => changeTicket(id, { priority }, version) })}>
                  {t(`priority.${priority}`)}
                </MenuItem>
              ))}
            </Menu>
          </>
        )}
      </div>
    </section>
  )
}
