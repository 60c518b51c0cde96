import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { addressKind, BlockedBadge } from '@/features/people/labels'
import { usePerson, usePersonLeads, usePersonTickets } from '@/features/people/queries'
import type { ContactDetail } from '@/lib/api/types'
import { tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { dateTime } from '@/lib/time'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { ChannelIcon } from '@/ui/channel-icon'
import { cn } from '@/ui/cn'
import { Dialog } from '@/ui/dialog'
import { Failed, FormError, Skeleton } from '@/ui/states'

type Props = { one: number; other: number; onMerged: (winner: number) => void; onOpenChange: (open: boolean) => void }

/** Two side by side: who stays, what moves to them, and one button. */
export function MergeDialog({ one, other, onMerged, onOpenChange }: Props) {
  const t = useT()
  const left = usePerson(one)
  const right = usePerson(other)
  const failed = [left, right].find(query => query.isError)
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('merge.title')} description={t('merge.hint')} wide>
      {failed && <Failed error={failed.error} retry={() => void failed.refetch()} />}
      {!failed && !(left.data && right.data) && <Skeleton className="h-64" />}
      {left.data && right.data && <Compare left={left.data} right={right.data} onMerged={onMerged} cancel={() => onOpenChange(false)} />}
    </Dialog>
  )
}

type CompareProps = { left: ContactDetail; right: ContactDetail; onMerged: (winner: number) => void; cancel: () => void }

function Compare({ left, right, onMerged, cancel }: CompareProps) {
  const t = useT()
  const { merge } = usePersonActions()
  const [winner, setWinner] = useState(left.id)
  const [stays, goes] = winner === left.id ? [left, right] : [right, left]
  const counts = useCounts(goes)
  const run = useMutation({
    mutationFn: () => merge(stays.id, goes.id),
    onSuccess: () => onMerged(stays.id),
  })
  const refusal = left.kind !== right.kind ? t('merge.twoKinds') : null
  return (
    <form
      className="space-y-4"
      onSubmit={event => {
        event.preventDefault()
        run.mutate()
      }}
    >
      <fieldset>
        <legend className="mb-1.5 text-[12.5px] font-medium">{t('merge.whoStays')}</legend>
        <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
          {[left, right].map(person => (
            <Side key={person.id} person={person} isChosen={person.id === winner} choose={() => setWinner(person.id)} />
          ))}
        </div>
      </fieldset>
      <section aria-label={t('merge.moves')} className="rounded-lg bg-raised px-3 py-2.5" aria-live="polite">
        <h3 className="font-medium">{t('merge.movesTo', { name: stays.name })}</h3>
        <p className="mt-0.5">{counts.join(' · ')}</p>
        <p className="mt-1 text-xs text-mute">{t('merge.undoable', { name: goes.name })}</p>
      </section>
      {(refusal ?? run.error) && <FormError>{refusal ?? run.error?.message}</FormError>}
      <div className="flex justify-end gap-2">
        <Button size="md" onClick={cancel}>{t('common.cancel')}</Button>
        <Button size="md" variant="solid" type="submit" disabled={run.isPending || refusal !== null}>{t('merge.submit')}</Button>
      </div>
    </form>
  )
}

/** What somebody has, in words; leads and conversations as far as the reader may see them. */
function useCounts(person: ContactDetail): string[] {
  const t = useT()
  const me = useMe()
  const leads = usePersonLeads(person.id)
  const tickets = usePersonTickets(person.id)
  return [
    tn('merge.addresses', person.methods.length),
    ...(can(me, 'leads.read') ? [leads.data ? tn('merge.leads', leads.data.length) : '…'] : []),
    ...(can(me, 'tickets.read') ? [tickets.data ? tn('merge.tickets', tickets.data.total) : '…'] : []),
    t('merge.history'),
  ]
}

function Side({ person, isChosen, choose }: { person: ContactDetail; isChosen: boolean; choose: () => void }) {
  const t = useT()
  const counts = useCounts(person).slice(1, -1)
  return (
    <label className={cn('block cursor-pointer rounded-xl border p-3 focus-within:outline-2 focus-within:outline-accent', isChosen ? 'border-accent! bg-accent-soft' : 'hover:bg-raised')}>
      <span className="flex items-center gap-2.5">
        <input type="radio" name="winner" className="size-4 accent-(--accent) outline-none" autoFocus={isChosen} checked={isChosen} onChange={choose} aria-label={t('merge.keep', { name: person.name })} />
        <Avatar name={person.name} size={28} />
        <span className="min-w-0">
          <span className="block truncate font-medium">{person.name}</span>
          <span className="block truncate text-xs text-mute">{person.company?.name ?? t(`person.kinds.${person.kind}`)}</span>
        </span>
      </span>
      <span className="mt-2.5 block space-y-1">
        {person.methods.slice(0, 6).map(method => (
          <span key={method.id} className="flex items-center gap-2">
            <span className="text-mute"><ChannelIcon channel={method.kind} size={13} /><span className="sr-only">{addressKind(method.kind)}</span></span>
            <span className="min-w-0 truncate">{method.value}</span>
          </span>
        ))}
        {person.methods.length === 0 && <span className="block text-mute">{t('person.noMethods')}</span>}
      </span>
      <span className="mt-2 block text-xs text-mute">{counts.join(' · ')}</span>
      <span className="block text-xs text-mute">{t('merge.since', { when: dateTime(person.created_at) })}</span>
      {person.is_blocked && <span className="mt-1 block"><BlockedBadge /></span>}
    </label>
  )
}
