import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowLeft, Check, ChevronDown, Ellipsis, PanelRight, RotateCcw, ShieldAlert, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { takeFromLists, useTicketActions } from '@/features/inbox/actions'
import { AssignPicker } from '@/features/inbox/assign-picker'
import { DetailsSheet } from '@/features/inbox/details'
import { PRIORITIES, STATUSES } from '@/features/inbox/filter'
import { PriorityBadge, StatusBadge } from '@/features/inbox/labels'
import { openMenu, picker, type TicketMenu } from '@/features/inbox/state'
import { keys } from '@/lib/api/keys'
import { departmentsQuery } from '@/lib/api/staff'
import { markSpam, restoreSpam } from '@/lib/api/tickets'
import type { Ticket } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { useWide } from '@/lib/media'
import { can } from '@/lib/permissions'
import { useStoreIs } from '@/lib/store'
import { toast, toastFailure } from '@/lib/toast'
import { Avatar } from '@/ui/avatar'
import { Button } from '@/ui/button'
import { channelName } from '@/ui/channel-icon'
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuSeparator } from '@/ui/menu'

export function ThreadHeader({ ticket, back }: { ticket: Ticket; back: (() => void) | null }) {
  const t = useT()
  const me = useMe()
  const isWide = useWide()
  const actions = useTicketActions()
  const [isSheetOpen, setSheetOpen] = useState(false)
  const writes = can(me, 'tickets.write')
  const Heading = back ? 'h1' : 'h2'
  const isDone = ticket.status === 'resolved' || ticket.status === 'closed'
  return (
    <header className="flex min-h-14 items-center gap-2 border-b bg-panel px-4 py-2 max-sm:flex-wrap max-sm:px-2">
      {back && (
        <Button variant="ghost" size="icon" aria-label={t('thread.back')} onClick={back}>
          <ArrowLeft size={17} aria-hidden />
        </Button>
      )}
      <div className="min-w-0 flex-1 max-sm:basis-2/3">
        <Heading className="truncate text-[15px] font-semibold">{ticket.subject}</Heading>
        <p className="truncate text-xs text-mute">
          {ticket.contact.name} · {channelName(ticket.channel)} · #{ticket.number}
        </p>
      </div>
      {ticket.is_spam ? (
        <SpamActions ticket={ticket} />
      ) : (
        <>
          {writes && <StatusMenu ticket={ticket} />}
          {writes && <PriorityMenu ticket={ticket} />}
          <AssignButton ticket={ticket} />
          {writes && (
            <Button
              variant={isDone ? 'outline' : 'solid'}
              onClick={() => actions.setStatus(ticket.id, isDone ? 'open' : 'resolved')}
            >
              {isDone ? <RotateCcw size={13} aria-hidden /> : <Check size={13} aria-hidden />}
              {isDone ? t('thread.reopen') : t('thread.resolve')}
            </Button>
          )}
          <MoreMenu ticket={ticket} />
        </>
      )}
      {!isWide && (
        <Button variant="ghost" size="icon" aria-label={t('details.show')} onClick={() => setSheetOpen(true)}>
          <PanelRight size={16} aria-hidden />
        </Button>
      )}
      {isSheetOpen && <DetailsSheet id={ticket.id} onOpenChange={setSheetOpen} />}
    </header>
  )
}

const useIsOpen = (ticket: Ticket, menu: TicketMenu) => useStoreIs(picker, now => now?.ticket === ticket.id && now.menu === menu)

function StatusMenu({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const actions = useTicketActions()
  const open = useIsOpen(ticket, 'status')
  return (
    <Menu
      open={open}
      onOpenChange={on => openMenu(ticket.id, 'status', on)}
      trigger={
        <Button variant="ghost" aria-label={t('thread.statusIs', { status: t(`status.${ticket.status}`) })} className="px-1!">
          <StatusBadge status={ticket.status} />
        </Button>
      }
    >
      <MenuLabel>{t('ticket.status')}</MenuLabel>
      <MenuChoices
        value={ticket.status}
        onChoose={status => actions.setStatus(ticket.id, status)}
        choices={STATUSES.filter(s => s !== 'new' || ticket.status === 'new').map(value => ({ value, label: t(`status.${value}`) }))}
      />
    </Menu>
  )
}

function PriorityMenu({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const actions = useTicketActions()
  const open = useIsOpen(ticket, 'priority')
  return (
    <Menu
      open={open}
      onOpenChange={on => openMenu(ticket.id, 'priority', on)}
      trigger={
        <Button variant="ghost" aria-label={t('thread.priorityIs', { priority: t(`priority.${ticket.priority}`) })} className="px-1!">
          <PriorityBadge priority={ticket.priority} />
        </Button>
      }
    >
      <MenuLabel>{t('ticket.priority')}</MenuLabel>
      <MenuChoices
        value={ticket.priority}
        onChoose={priority => actions.setPriority(ticket.id, priority)}
        choices={PRIORITIES.map(value => ({ value, label: t(`priority.${value}`) }))}
      />
    </Menu>
  )
}

function AssignButton({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const me = useMe()
  const actions = useTicketActions()
  const open = useIsOpen(ticket, 'assign')
  const agent = ticket.assigned_agent
  if (!can(me, 'tickets.assign')) return null
  return (
    <>
      {agent === null && (
        <Button onClick={() => actions.assign(ticket.id, { id: me.id, name: me.name })}>{t('thread.take')}</Button>
      )}
      <AssignPicker
        open={open}
        onOpenChange={on => openMenu(ticket.id, 'assign', on)}
        chosen={agent?.id ?? null}
        onPick={person => actions.assign(ticket.id, person)}
        trigger={
          <Button aria-label={agent ? t('thread.assignedTo', { name: agent.name }) : t('thread.assign')}>
            {agent ? <Avatar name={agent.name} size={18} /> : null}
            <span className="max-w-28 truncate max-lg:hidden">{agent?.name ?? t('thread.assign')}</span>
            <ChevronDown size={12} aria-hidden />
          </Button>
        }
      />
    </>
  )
}

/** The newest message of the customer: what a spam mark is about. */
const lastInbound = (ticket: Ticket) => ticket.timeline.findLast(message => message.direction === 'inbound')

function MoreMenu({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const actions = useTicketActions()
  const departments = useQuery(departmentsQuery)
  const message = lastInbound(ticket)
  const mark = async () => {
    if (!message) return
    try {
      await markSpam(message.id)
      takeFromLists(client, ticket)
      void client.invalidateQueries({ queryKey: keys.ticket(ticket.id) })
      void client.invalidateQueries({ queryKey: keys.counts })
      toast(t('spam.marked'), { action: { label: 'common.undo', run: () => void restore(client, ticket.id, message.id) } })
    } catch (error) {
      toastFailure(error instanceof Error ? error.message : '', () => void mark())
    }
  }
  const maySpam = can(me, 'spam.write') && message !== undefined
  const mayMove = can(me, 'tickets.write')
  if (!maySpam && !mayMove) return null
  return (
    <Menu trigger={<Button variant="ghost" size="icon" aria-label={t('thread.more')}><Ellipsis size={16} aria-hidden /></Button>}>
      {mayMove && (
        <>
          <MenuLabel>{t('thread.move')}</MenuLabel>
          <MenuChoices
            value={String(ticket.department?.id ?? '')}
            onChoose={id => {
              const department = departments.data?.find(d => String(d.id) === id)
              if (department) actions.setDepartment(ticket.id, { id: department.id, name: department.name })
            }}
            choices={(departments.data ?? []).filter(d => d.is_active).map(d => ({ value: String(d.id), label: d.name }))}
          />
        </>
      )}
      {maySpam && mayMove && <MenuSeparator />}
      {maySpam && (
        <MenuItem danger onSelect={() => void mark()}>
          <ShieldAlert size={14} aria-hidden /> {t('spam.mark')}
        </MenuItem>
      )}
    </Menu>
  )
}

async function restore(client: ReturnType<typeof useQueryClient>, ticketId: number, messageId: number): Promise<void> {
  try {
    await restoreSpam(messageId)
    await Promise.all([
      client.invalidateQueries({ queryKey: keys.ticket(ticketId) }),
      client.invalidateQueries({ queryKey: keys.lists }),
      client.invalidateQueries({ queryKey: keys.counts }),
      client.invalidateQueries({ queryKey: keys.spam }),
    ])
  } catch (error) {
    toastFailure(error instanceof Error ? error.message : '', () => void restore(client, ticketId, messageId))
  }
}

function SpamActions({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const message = lastInbound(ticket)
  if (!message || !can(me, 'spam.write')) return null
  return (
    <Button variant="solid" onClick={() => void restore(client, ticket.id, message.id).then(() => toast(t('spam.restored')))}>
      <Undo2 size={13} aria-hidden /> {t('spam.restore')}
    </Button>
  )
}
