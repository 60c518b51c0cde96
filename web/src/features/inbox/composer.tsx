import { ChevronDown, Lock, MessageSquareReply, Send, SquareSlash } from 'lucide-react'
import { Suspense, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { EmojiPicker } from '@/features/inbox/emoji-picker'
import { AttachButton, onPasteFiles, StagedFiles, useStaged } from '@/features/inbox/staged-files'
import { composerCall } from '@/features/inbox/state'
import type { NewMessage, Ticket, Visibility } from '@/lib/api/types'
import { clearDraft, drafts, draftStates, writeDraft } from '@/lib/drafts'
import { useT } from '@/lib/i18n'
import { live } from '@/lib/live/socket'
import { outbox, uploads } from '@/lib/mail'
import { useStore } from '@/lib/store'
import { uuid } from '@/lib/uuid'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Kbd } from '@/ui/kbd'
import { Menu, MenuItem } from '@/ui/menu'
import { callsReplies, SavedReplies } from '@/ui/slash-replies'
import { WindowWarning } from '@/ui/window-warning'

/** Browsers that cannot let a field grow with its text are helped, which costs them a layout. */
const GROWS_BY_ITSELF = CSS.supports('field-sizing', 'content')
const EMPTY = { content: '', visibility: 'public' as const }

/** Where an answer or a note is written. The text lives in the drafts, so nothing typed is ever lost. */
export function Composer({ ticket }: { ticket: Ticket }) {
  const t = useT()
  const field = useRef<HTMLTextAreaElement>(null)
  const draft = useStore(drafts).get(ticket.id) ?? EMPTY
  const isNote = draft.visibility === 'internal'
  const staged = useStaged(ticket.id)
  const isEmpty = draft.content.trim() === '' && staged.length === 0

  useEffect(() => {
    const node = field.current
    if (!node || GROWS_BY_ITSELF) return
    node.style.height = 'auto'
    node.style.height = `${Math.min(320, Math.max(72, node.scrollHeight))}px`
  }, [draft.content])

  const write = (content: string) => {
    writeDraft(ticket.id, { ...draft, content })
    if (content) live.typing(ticket.id)
  }
  const [called, setCalled] = useState(0)
  const callReplies = () => setCalled(n => n + 1)
  useCalls(ticket.id, field, visibility => writeDraft(ticket.id, { content: drafts.get().get(ticket.id)?.content ?? '', visibility }), callReplies)
  const send = (status?: NewMessage['set_status']) => {
    if (isEmpty) return
    const message = { content: draft.content.trim(), visibility: draft.visibility, client_id: uuid(), ...(status ? { set_status: status } : {}) }
    outbox.send(ticket.id, message, uploads.take(ticket.id), new Date().toISOString())
    clearDraft(ticket.id, 'public')
    field.current?.focus()
  }
  const insert = (text: string) => {
    const node = field.current
    const at = node?.selectionStart ?? draft.content.length
    write(draft.content.slice(0, at) + text + draft.content.slice(node?.selectionEnd ?? at))
    requestAnimationFrame(() => {
      node?.focus()
      node?.setSelectionRange(at + text.length, at + text.length)
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      send()
    } else if (event.key === 'Escape') field.current?.blur()
  }
  return (
    <form
      aria-label={isNote ? t('composer.note') : t('composer.reply')}
      className={cn(
        'relative m-4 mt-0 rounded-xl border bg-panel shadow-sm focus-within:border-accent focus-within:shadow-[0_0_0_1px_var(--accent)] max-sm:m-2',
        isNote && 'bg-note!',
      )}
      onSubmit={event => {
        event.preventDefault()
        send()
      }}
    >
      <Modes visibility={draft.visibility} onChoose={visibility => writeDraft(ticket.id, { ...draft, visibility })} />
      {!isNote && <WindowWarning ticket={ticket} />}
      <Suspense>
        {(called > 0 || callsReplies(draft.content)) && (
          <SavedReplies field={field} text={draft.content} write={write} about={{ ticket_id: ticket.id }} side="above" called={called} />
        )}
      </Suspense>
      <textarea
        ref={field}
        rows={3}
        aria-label={isNote ? t('composer.note') : t('composer.reply')}
        value={draft.content}
        onChange={event => write(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPasteFiles(ticket.id)}
        placeholder={isNote ? t('composer.notePlaceholder') : t('composer.placeholder', { name: ticket.contact.name })}
        className="block field-sizing-content max-h-80 min-h-18 w-full resize-none bg-transparent px-3.5 py-2.5 outline-none placeholder:text-mute"
      />
      <StagedFiles ticketId={ticket.id} ids={staged} onRemoved={() => field.current?.focus()} />
      <div className="flex items-center gap-1 px-2.5 pb-2.5">
        <AttachButton ticketId={ticket.id} />
        <EmojiPicker onPick={insert} />
        <Button variant="ghost" size="icon" className="size-7!" aria-label={t('replies.insert')} onClick={callReplies}>
          <SquareSlash size={16} aria-hidden />
        </Button>
        <DraftMark ticketId={ticket.id} isEmpty={draft.content.trim() === ''} />
        <span className="flex-1" />
        <span className="flex items-center gap-1 text-xs text-mute max-md:hidden">
          <Kbd>Ctrl</Kbd>
          <Kbd>↵</Kbd>
        </span>
        <div className="ml-2 flex">
          <Button variant="solid" type="submit" disabled={isEmpty} className="rounded-r-none">
            {isNote ? <Lock size={13} aria-hidden /> : <Send size={13} aria-hidden />}
            {isNote ? t('composer.addNote') : t('composer.send')}
          </Button>
          <Menu
            side="top"
            trigger={
              <Button variant="solid" aria-label={t('composer.sendMore')} disabled={isEmpty} className="rounded-l-none border-l border-accent-fg/25 px-1.5!">
                <ChevronDown size={13} aria-hidden />
              </Button>
            }
          >
            <MenuItem onSelect={() => send('resolved')}>{isNote ? t('composer.noteResolve') : t('composer.sendResolve')}</MenuItem>
            <MenuItem onSelect={() => send('pending_customer')}>{isNote ? t('composer.noteWait') : t('composer.sendWait')}</MenuItem>
          </Menu>
        </div>
      </div>
    </form>
  )
}

/** R and N, from anywhere on the page, and the palette's call for a reply that is kept ready. */
function useCalls(ticketId: number, field: React.RefObject<HTMLTextAreaElement | null>, choose: (visibility: Visibility) => void, begin: () => void) {
  const call = useStore(composerCall)
  useEffect(() => {
    if (call?.ticket !== ticketId) return
    composerCall.set(null)
    if (call.ready) return begin()
    choose(call.visibility)
    field.current?.focus()
  })
}

function Modes({ visibility, onChoose }: { visibility: Visibility; onChoose: (visibility: Visibility) => void }) {
  const t = useT()
  const modes = [
    { value: 'public' as const, label: t('composer.reply'), icon: MessageSquareReply },
    { value: 'internal' as const, label: t('composer.note'), icon: Lock },
  ]
  return (
    <div role="group" aria-label={t('composer.mode')} className="flex gap-1 px-2.5 pt-2">
      {modes.map(({ value, label, icon: Icon }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === visibility}
          onClick={() => onChoose(value)}
          className={cn('flex items-center gap-1.5 rounded-md px-2 py-1 text-xs font-medium text-mute hover:text-fg', value === visibility && 'bg-fg/8 text-fg!')}
        >
          <Icon size={13} aria-hidden />
          {label}
        </button>
      ))}
    </div>
  )
}

function DraftMark({ ticketId, isEmpty }: { ticketId: number; isEmpty: boolean }) {
  const t = useT()
  const state = useStore(draftStates).get(ticketId) ?? 'idle'
  const text = isEmpty || state === 'idle' ? '' : t(`draft.${state}`)
  return <span role="status" className={cn('px-1 text-xs text-mute', state === 'failed' && 'text-danger!')}>{text}</span>
}
