import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronDown, Plus, Send, SquareSlash } from 'lucide-react'
import { Suspense, useEffect, useRef, useState, type RefObject } from 'react'
import { keys } from '@/lib/api/keys'
import { messageOf } from '@/lib/api/problem'
import { fetchContactTickets, fetchTicket, saveDraft, sendMessage, undoSend } from '@/lib/api/tickets'
import type { TicketRow } from '@/lib/api/types'
import { commands } from '@/lib/commands'
import { t as say, useT } from '@/lib/i18n'
import { clearLogDraft, nameAttempt, type LogDraft } from '@/lib/log-drafts'
import { useStore } from '@/lib/store'
import { shortAge, useNow } from '@/lib/time'
import { toast, toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon, channelName } from '@/ui/channel-icon'
import { Picker } from '@/ui/picker'
import { callsReplies, SavedReplies } from '@/ui/slash-replies'
import { Failed, FormError, Skeleton } from '@/ui/states'
import { WindowWarning } from '@/ui/window-warning'

type Props = {
  contact: { id: number; name: string }
  /** What a saved reply says of a lead. */
  lead: number | undefined
  /** What is written, and by which name it is kept. */
  draft: LogDraft
  draftKey: string
  write: (change: (old: LogDraft) => LogDraft) => void
  area: RefObject<HTMLTextAreaElement | null>
  /** The field is wanted, and may still be on its way. */
  toFocus: RefObject<boolean>
  onSent: () => void
}

/** Gives the focus to a field that somebody asked for, once it is there. */
export function takeFocus(area: RefObject<HTMLTextAreaElement | null>, wanted: RefObject<boolean>): void {
  if (!wanted.current || !area.current) return
  wanted.current = false
  area.current.focus()
}

/** Those that can be answered: open ones before resolved ones, the newest first. */
const answerable = (tickets: TicketRow[]): TicketRow[] =>
  tickets
    .filter(ticket => ticket.status !== 'closed' && !ticket.is_spam)
    .sort((a, b) => Number(a.status === 'resolved') - Number(b.status === 'resolved') || Date.parse(b.last_message_at) - Date.parse(a.last_message_at))

/** A message to the person, in one of the conversations that there are with them. */
export function MessageComposer(props: Props) {
  const { contact } = props
  // As the list of somebody's conversations is kept elsewhere: live events keep it fresh.
  const query = useQuery({ queryKey: [...keys.contactTickets(contact.id), 'list'], queryFn: () => fetchContactTickets(contact.id) })
  const [chosen, setChosen] = useState<number | null>(null)
  if (query.isPending) return <Skeleton className="h-24" />
  if (!query.data) return <Failed error={query.error} retry={() => void query.refetch()} />
  const tickets = answerable(query.data.tickets)
  const ticket = tickets.find(one => one.id === chosen) ?? tickets[0]
  if (!ticket) return <NoConversation name={contact.name} />
  return <MessageForm {...props} tickets={tickets} ticket={ticket} choose={setChosen} />
}

/** There is nobody to answer yet: how to begin. */
function NoConversation({ name }: { name: string }) {
  const t = useT()
  const begin = useStore(commands).get('desk')?.find(command => command.id === 'new')
  return (
    <div role="note" className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border border-dashed px-3 py-2.5 text-mute">
      <p className="min-w-0 flex-1">{t('lead.message.none', { name })}</p>
      {begin && <Button onClick={begin.run}><Plus size={13} aria-hidden /> {t('shell.newTicket')}</Button>}
    </div>
  )
}

function MessageForm({ contact, lead, draft, draftKey, write, area, toFocus, onSent, tickets, ticket, choose }: Props & { tickets: TicketRow[]; ticket: TicketRow; choose: (id: number) => void }) {
  const t = useT()
  const client = useQueryClient()
  const [called, setCalled] = useState(0)
  const { data: detail } = useQuery({ queryKey: keys.ticket(ticket.id), queryFn: ({ signal }) => fetchTicket(ticket.id, signal) })
  const mayAnswer = detail === undefined || detail.can.includes('reply')
  const { text } = draft
  const setText = (change: (old: string) => string) => write(old => ({ ...old, text: change(old.text) }))
  const isHere = useRef(true)
  useEffect(() => {
    isHere.current = true
    takeFocus(area, toFocus)
    return () => {
      isHere.current = false
    }
  }, [area, toFocus])
  const refresh = () => {
    onSent()
    void client.invalidateQueries({ queryKey: keys.ticket(ticket.id) })
    void client.invalidateQueries({ queryKey: keys.contactTickets(contact.id) })
  }
  const callBack = async (to: number, message: number, content: string) => {
    try {
      await undoSend(to, message)
      // Whoever has left the page finds it in the conversation.
      if (isHere.current) setText(present => (present.trim() ? `${content}\n\n${present}` : content))
      else await saveDraft(to, { content, visibility: 'public' })
    } catch (error) {
      toastFailure(say('composer.tooLate', { why: messageOf(error) }))
    }
    refresh()
  }
  const send = useMutation({
    // The same text to the same conversation is the same message, however often it is tried.
    mutationFn: ({ to, content }: { to: number; content: string }) =>
      sendMessage(to, { content, visibility: 'public', client_id: nameAttempt(draftKey, `${to} ${content}`) }),
    onError: error => {
      if (!isHere.current) toastFailure(say('lead.keptUnsent', { name: contact.name, why: messageOf(error) }))
    },
    onSuccess: (message, { to, content }) => {
      clearLogDraft(draftKey, content)
      refresh()
      const left = message.undo_until ? (Date.parse(message.undo_until) - Date.now()) / 1000 : 0
      if (left < 1) toast(t('composer.sent'))
      else toast(t('composer.sent'), { action: { label: 'common.undo', run: () => void callBack(to, message.id, content) }, for: Math.min(10, left) })
    },
  })
  const content = text.trim()
  const submit = () => {
    if (content && mayAnswer && !send.isPending) send.mutate({ to: ticket.id, content })
  }
  return (
    <form
      aria-label={t('lead.message.to', { name: contact.name })}
      onSubmit={event => {
        event.preventDefault()
        submit()
      }}
    >
      <Conversation tickets={tickets} ticket={ticket} choose={choose} />
      {detail && <WindowWarning ticket={detail} />}
      <div className="relative">
        <textarea
          ref={area}
          aria-label={t('lead.log.message')}
          value={text}
          maxLength={10_000}
          readOnly={send.isPending}
          placeholder={t('composer.placeholder', { name: contact.name })}
          onChange={event => {
            const { value } = event.target
            setText(() => value)
          }}
          onKeyDown={event => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && submit()}
          className="field-sizing-content max-h-80 min-h-16 w-full resize-y rounded-md border border-edge bg-panel px-2.5 py-2 placeholder:text-mute"
        />
        <Suspense>
          {(called > 0 || callsReplies(text)) && (
            <SavedReplies
              field={area}
              text={text}
              write={value => setText(() => value)}
              about={{ ticket_id: ticket.id, ...(lead === undefined ? {} : { lead_id: lead }) }}
              side="below"
              called={called}
            />
          )}
        </Suspense>
      </div>
      {!mayAnswer && <p role="note" className="mt-1 text-xs text-warn">{t('lead.message.mayNot')}</p>}
      {send.isError && <FormError>{t('lead.message.failed', { why: messageOf(send.error) })}</FormError>}
      <div className="mt-2 flex items-center gap-2">
        <Button variant="ghost" onClick={() => setCalled(n => n + 1)}><SquareSlash size={14} aria-hidden /> {t('replies.insert')}</Button>
        <Button type="submit" variant="solid" className="ml-auto" disabled={!content || !mayAnswer || send.isPending}>
          <Send size={13} aria-hidden /> {t(send.isError ? 'lead.message.again' : 'composer.send')}
        </Button>
      </div>
    </form>
  )
}

/** Which conversation it goes into. */
function Conversation({ tickets, ticket, choose }: { tickets: TicketRow[]; ticket: TicketRow; choose: (id: number) => void }) {
  const t = useT()
  const now = useNow()
  const [isOpen, setOpen] = useState(false)
  const named = (one: TicketRow) => `${channelName(one.channel)} #${one.number} ${one.subject}`
  const shown = (one: TicketRow) => (
    <>
      <span className="shrink-0 text-mute"><ChannelIcon channel={one.channel} size={13} /><span className="sr-only">{channelName(one.channel)}</span></span>
      <span className="shrink-0 text-mute">#{one.number}</span>
      <span className="min-w-0 truncate">{one.subject}</span>
      {one.status === 'resolved' && <Badge>{t('status.resolved')}</Badge>}
      <span className="shrink-0 text-xs text-mute">{shortAge(one.last_message_at, now)}</span>
    </>
  )
  return (
    <div className="mb-2 flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
      <span className="text-xs text-mute">{t('lead.message.in')}</span>
      {tickets.length === 1 ? (
        <span className="flex min-w-0 items-center gap-1.5">{shown(ticket)}</span>
      ) : (
        <Picker
          label={t('lead.message.choose')}
          open={isOpen}
          onOpenChange={setOpen}
          align="start"
          items={tickets.map(one => ({ id: String(one.id), text: named(one), content: shown(one), chosen: one.id === ticket.id }))}
          onPick={id => choose(Number(id))}
          trigger={
            <Button className="max-w-full">
              <span className="sr-only">{t('lead.message.choose')}: </span>
              {shown(ticket)}
              <ChevronDown size={13} className="shrink-0" aria-hidden />
            </Button>
          }
        />
      )}
    </div>
  )
}
