import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { keys } from '@/lib/api/keys'
import { undoSend } from '@/lib/api/tickets'
import type { Message, Ticket } from '@/lib/api/types'
import { drafts, writeDraft } from '@/lib/drafts'
import { t } from '@/lib/i18n'
import { patchTicket } from '@/lib/live/applier'
import { outbox, uploads } from '@/lib/mail'
import type { OutboxEntry } from '@/lib/outbox'
import { toast, toastFailure } from '@/lib/toast'

/** What happens when the outbox delivered: the message joins the thread and can be called back for a while. */
export function useSending(): void {
  const client = useQueryClient()
  useEffect(() => {
    outbox.onSent((entry, message) => arrived(client, entry, message))
    outbox.onFailed(entry => refused(client, entry))
  }, [client])
}

/** The message and its files will not be sent. */
export function discard(entry: OutboxEntry): void {
  uploads.drop(entry.files.map(file => file.upload))
  outbox.discard(entry.client_id)
}

/** Wherever the user went meanwhile: the message is kept, and can be sent again from here. */
function refused(client: QueryClient, entry: OutboxEntry): void {
  const name = client.getQueryData<Ticket>(keys.ticket(entry.ticket_id))?.contact.name ?? ''
  toastFailure(t('composer.refused', { name }), () => outbox.retry(entry.client_id))
}

function arrived(client: QueryClient, entry: OutboxEntry, message: Message): void {
  uploads.sent(entry.files.map(file => file.upload))
  const before = client.getQueryData<Ticket>(keys.ticket(entry.ticket_id))?.status
  client.setQueryData<Ticket>(keys.ticket(entry.ticket_id), old =>
    old && !old.timeline.some(known => known.id === message.id) ? { ...old, timeline: [...old.timeline, message] } : old,
  )
  const shown = {
    ...(message.content ? { preview: message.content.slice(0, 120) } : {}),
    last_message_at: message.at,
    last_message_from: message.sender_type,
  }
  patchTicket(client, entry.ticket_id, {
    ...(message.visibility === 'public' ? shown : {}),
    ...(entry.set_status ? { status: entry.set_status } : {}),
  })
  if (entry.set_status) void client.invalidateQueries({ queryKey: keys.counts })
  if (!message.undo_until) return
  const seconds = Math.max(0, (Date.parse(message.undo_until) - Date.now()) / 1000)
  if (seconds < 1) return
  const undo = () => void callBack(client, entry, message, entry.set_status ? before : undefined)
  toast(t('composer.sent'), { action: { label: 'common.undo', run: undo }, for: Math.min(10, seconds) })
}

async function callBack(client: QueryClient, entry: OutboxEntry, message: Message, status: Ticket['status'] | undefined): Promise<void> {
  try {
    await undoSend(entry.ticket_id, message.id)
  } catch (error) {
    toastFailure(t('composer.tooLate', { why: error instanceof Error ? error.message : '' }))
    return
  }
  client.setQueryData<Ticket>(keys.ticket(entry.ticket_id), old =>
    old ? { ...old, ...(status ? { status } : {}), timeline: old.timeline.filter(known => known.id !== message.id) } : old,
  )
  const present = drafts.get().get(entry.ticket_id)?.content.trim()
  uploads.stageAgain(entry.ticket_id, entry.files)
  const content = present ? `${entry.content}\n\n${present}` : entry.content
  writeDraft(entry.ticket_id, { content, visibility: entry.visibility })
  void client.invalidateQueries({ queryKey: keys.ticket(entry.ticket_id) })
}
