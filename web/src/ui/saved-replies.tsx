import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MessageSquareReply, TriangleAlert, User } from 'lucide-react'
import { useEffect, useId, useRef, useState, type RefObject } from 'react'
import { fetchCannedReplies, renderCannedReply } from '@/lib/api/canned-replies'
import { keys as queryKeys } from '@/lib/api/keys'
import { messageOf } from '@/lib/api/problem'
import type { CannedReply } from '@/lib/api/types'
import { fold } from '@/lib/commands'
import { tn, useT } from '@/lib/i18n'
import { blanksIn, readable, slashAt, type Slash } from '@/lib/slash'
import { toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { cn } from '@/ui/cn'
import { Kbd } from '@/ui/kbd'

type Field = RefObject<HTMLTextAreaElement | null>
type Props = {
  field: Field
  text: string
  write: (text: string) => void
  /** Whom a reply is filled in for. */
  about: { ticket_id?: number; lead_id?: number }
  side: 'above' | 'below'
  /** How often the list was asked for without a slash: by a button, from the palette. */
  called: number
}

/**
 * Saved replies for a text field: a slash opens the list, what is typed behind it narrows it, and what was filled in without
 * being known is pointed at. It listens to the field itself, which keeps the focus, so that a page without it pays nothing.
 */
export function SavedReplies({ field, text, write, about, side, called }: Props) {
  const [slash, setSlash] = useState<Slash | null>(null)
  /** Where somebody said that a slash is only a slash; where the button put one; how many calls were answered. */
  const refused = useRef(-1)
  const offered = useRef(-1)
  const answered = useRef(0)

  const look = (isTyping: boolean) => {
    const node = field.current
    const found = node && node === document.activeElement && node.selectionStart === node.selectionEnd ? slashAt(node.value, node.selectionStart) : null
    if (!found) refused.current = -1
    const isOpen = found && found.from !== refused.current && (isTyping || slash?.from === found.from)
    if (isOpen && slash?.from === found.from && slash.typed === found.typed) return
    if (isOpen || slash) setSlash(isOpen ? found : null)
  }
  const replace = (from: number, to: number, by: string, then?: () => void) => {
    const node = field.current
    if (!node) return
    write(node.value.slice(0, from) + by + node.value.slice(to))
    // Once the field holds it.
    requestAnimationFrame(() => {
      node.focus()
      node.setSelectionRange(from + by.length, from + by.length)
      then?.()
    })
  }
  const close = () => {
    if (!slash) return
    refused.current = slash.from
    setSlash(null)
    // What the button put there goes with the list, unless something was made of it.
    if (offered.current === slash.from && slash.typed === '') replace(slash.from, slash.from + 1, '')
    offered.current = -1
  }
  const put = (reply: string) => {
    if (!slash) return
    offered.current = -1
    setSlash(null)
    replace(slash.from, slash.from + 1 + slash.typed.length, reply)
  }
  useEffect(() => {
    const node = field.current
    if (!node || called <= answered.current) return
    answered.current = called
    const at = node.selectionStart
    const space = at === 0 || /\s/.test(node.value[at - 1] ?? '') ? '' : ' '
    const from = at + space.length
    offered.current = from
    refused.current = -1
    replace(at, at, `${space}/`, () => setSlash({ from, typed: '' }))
  })
  useEffect(() => {
    const node = field.current
    const typed = () => look(true)
    const moved = () => look(false)
    const left = () => setSlash(null)
    node?.addEventListener('input', typed)
    node?.addEventListener('focusout', left)
    document.addEventListener('selectionchange', moved)
    return () => {
      node?.removeEventListener('input', typed)
      node?.removeEventListener('focusout', left)
      document.removeEventListener('selectionchange', moved)
    }
  })
  // The slash that this was loaded for has been typed already.
  useEffect(() => look(true), [])
  return (
    <>
      {slash && <List field={field} slash={slash} about={about} side={side} put={put} close={close} />}
      <Blanks text={text} field={field} />
    </>
  )
}

type ListProps = Pick<Props, 'field' | 'about' | 'side'> & { slash: Slash; put: (reply: string) => void; close: () => void }

function List({ field, slash, about, side, put, close }: ListProps) {
  const t = useT()
  const id = useId()
  const typed = fold(slash.typed)
  const { replies, isPending, error, none } = useReplies(typed)
  const [at, setAt] = useState(0)
  const index = Math.min(at, Math.max(0, replies.length - 1))
  useEffect(() => setAt(0), [typed])
  const fill = useMutation({
    mutationFn: (reply: CannedReply) => renderCannedReply(reply.id, about),
    onSuccess: filled => put(filled.text),
    onError: (failure, reply) => toastFailure(messageOf(failure), () => fill.mutate(reply)),
  })
  const choose = (reply: CannedReply | undefined) => {
    if (reply && !fill.isPending) fill.mutate(reply)
  }
  /** Whether a key was the list's own. */
  const take = (event: KeyboardEvent): boolean => {
    if (event.isComposing) return false
    if (event.key === 'Escape') {
      close()
      return true
    }
    if (replies.length === 0 || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setAt((index + step + replies.length) % replies.length)
    else if (event.key === 'Enter' || event.key === 'Tab') choose(replies[index])
    else return false
    return true
  }
  useEffect(() => {
    const node = field.current
    const onKey = (event: KeyboardEvent) => {
      if (!take(event)) return
      event.preventDefault()
      // Neither the field's own keys nor the page's.
      event.stopPropagation()
    }
    node?.addEventListener('keydown', onKey)
    return () => node?.removeEventListener('keydown', onKey)
  })
  const shown = replies[index]
  const option = shown && `${id}-${shown.id}`
  useEffect(() => {
    const node = field.current
    const told = { 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox', 'aria-controls': id, 'aria-activedescendant': option }
    for (const [name, value] of Object.entries(told)) if (value) node?.setAttribute(name, value)
    return () => Object.keys(told).forEach(name => node?.removeAttribute(name))
  }, [field, id, option])
  return (
    <div
      // The field keeps the focus, whatever is clicked here.
      onPointerDown={event => event.preventDefault()}
      onMouseDown={event => event.preventDefault()}
      className={cn('absolute inset-x-0 z-20 overflow-hidden rounded-xl border bg-panel shadow-xl', side === 'above' ? 'bottom-full mb-1' : 'top-full mt-1')}
    >
      <div id={id} role="listbox" tabIndex={0} aria-label={t('replies.title')} className="max-h-64 overflow-auto p-1">
        {replies.map((reply, n) => (
          <div
            key={reply.id}
            id={`${id}-${reply.id}`}
            role="option"
            aria-selected={n === index}
            ref={n === index ? node => node?.scrollIntoView({ block: 'nearest' }) : null}
            onPointerMove={() => setAt(n)}
            onClick={() => choose(reply)}
            className={cn('cursor-default rounded-md px-2.5 py-1.5', n === index && 'bg-accent-soft')}
          >
            <span className="flex items-center gap-2">
              <span className="min-w-0 truncate font-medium">{reply.name}</span>
              <span className="min-w-0 shrink-0 truncate text-xs text-mute">/{reply.shortcut}</span>
              <span className="flex-1" />
              {reply.shared_with === 'me' && <Badge><User size={11} aria-hidden /> {t('replies.mine')}</Badge>}
              {reply.department && <Badge className="max-w-40 truncate">{reply.department.name}</Badge>}
            </span>
            <span className={cn('text-xs text-mute', n === index ? 'line-clamp-2' : 'block truncate')}>{readable(reply.body)}</span>
          </div>
        ))}
      </div>
      <p role="status" className={cn('px-3.5 text-mute', replies.length > 0 ? 'sr-only' : 'py-3')}>
        {isPending ? t('common.loading') : error ? messageOf(error) : none ? t('replies.noneYet') : replies.length === 0 ? t('replies.noneCalled', { typed: slash.typed }) : tn('replies.count', replies.length)}
      </p>
      <p className="flex items-center gap-1.5 border-t px-3 py-1.5 text-xs text-mute">
        <MessageSquareReply size={13} aria-hidden />
        <Link to="/replies" className="hover:text-fg hover:underline">{t('replies.keep')}</Link>
        <span className="flex-1" />
        <span aria-hidden className="flex items-center gap-1 max-md:hidden"><Kbd>↑</Kbd><Kbd>↓</Kbd> <Kbd>↵</Kbd> <Kbd>Esc</Kbd></span>
      </p>
    </div>
  )
}

/** Those that the typed words fit: by shortcut first, then by name; one's own before others'. */
function useReplies(typed: string) {
  const all = useQuery({
    queryKey: queryKeys.cannedReplyList({ is_active: true }),
    queryFn: ({ signal }) => fetchCannedReplies({ is_active: true }, null, signal),
    staleTime: 60_000,
  })
  // A desk with more than one page of them asks the server.
  const isMore = Boolean(all.data?.next_cursor) && typed !== ''
  const found = useQuery({
    queryKey: queryKeys.cannedReplyList({ is_active: true, search: typed }),
    queryFn: ({ signal }) => fetchCannedReplies({ is_active: true, search: typed }, null, signal),
    enabled: isMore,
    staleTime: 60_000,
  })
  const list = (isMore ? found.data : undefined) ?? all.data
  const fit = (reply: CannedReply): number => {
    if (reply.shortcut.startsWith(typed)) return 0
    const name = fold(reply.name)
    if (name.split(/\s+/).some(word => word.startsWith(typed))) return 1
    return reply.shortcut.includes(typed) || name.includes(typed) ? 2 : 3
  }
  const OWNERS = { me: 0, team: 1, all: 2 }
  const replies = (list?.canned_replies ?? [])
    .map(reply => ({ reply, fit: fit(reply) }))
    .filter(one => one.fit < 3)
    .sort((a, b) => a.fit - b.fit || OWNERS[a.reply.shared_with] - OWNERS[b.reply.shared_with])
    .map(one => one.reply)
  return { replies, isPending: all.isPending, error: all.error, none: all.data?.canned_replies.length === 0 }
}

/** What an inserted reply had nothing for: each leads to its place in the text. */
function Blanks({ text, field }: { text: string; field: Field }) {
  const t = useT()
  const blanks = blanksIn(text)
  if (blanks.length === 0) return null
  const go = (blank: string) => {
    const at = field.current?.value.indexOf(blank) ?? -1
    if (at < 0) return
    field.current?.focus()
    field.current?.setSelectionRange(at, at + blank.length)
  }
  return (
    <p role="note" className="mx-3 mt-2 flex flex-wrap items-center gap-x-2 gap-y-1 rounded-md bg-warn/10 px-2.5 py-1.5 text-xs text-warn">
      <TriangleAlert size={13} className="shrink-0" aria-hidden />
      {t('replies.blanks')}
      {blanks.map(blank => (
        <button key={blank} type="button" onClick={() => go(blank)} className="rounded underline">{blank}</button>
      ))}
    </p>
  )
}
