import { Check, CheckCheck, CircleAlert, Clock, Lock } from 'lucide-react'
import { memo } from 'react'
import { AttachmentView, CARD } from '@/features/inbox/attachment'
import { RichText } from '@/features/inbox/rich-text'
import { discard } from '@/features/inbox/sending'
import { FileState, Thumbnail, useAddress } from '@/features/inbox/staged-files'
import type { Message } from '@/lib/api/types'
import { t, useT } from '@/lib/i18n'
import { outbox, uploads } from '@/lib/mail'
import { useMe } from '@/lib/me'
import type { OutboxEntry } from '@/lib/outbox'
import { useStore } from '@/lib/store'
import { clock, dateTime } from '@/lib/time'
import type { Upload, UploadRef } from '@/lib/uploads'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'

const shape = (mine: boolean, note: boolean) =>
  cn(
    'max-w-[68ch] min-w-0 rounded-2xl border px-3.5 py-2 shadow-xs',
    mine ? 'rounded-tr-sm border-transparent bg-accent-soft' : 'rounded-tl-sm bg-panel',
    note && 'border-warn/25! bg-note!',
  )

type Props = { message: Message; contact: string; answers: Message | undefined }

export const MessageBubble = memo(function MessageBubble({ message, contact, answers }: Props) {
  const t = useT()
  const mine = message.direction !== 'inbound'
  const note = message.visibility === 'internal'
  const name = message.sender?.name ?? (message.sender_type === 'customer' ? contact : t(`sender.${message.sender_type}`))
  return (
    <article aria-label={t('thread.messageFrom', { name, at: dateTime(message.at) })} className={cn('flex gap-2.5', mine && 'flex-row-reverse')}>
      <Avatar name={name} size={28} />
      <div className={shape(mine, note)}>
        <header className="mb-0.5 flex flex-wrap items-center gap-x-2 text-[11px] text-mute">
          <b className="font-medium text-fg">{name}</b>
          {note && <span className="flex items-center gap-1"><Lock size={10} aria-hidden /> {t('thread.note')}</span>}
          {message.sender_type === 'bot' && <Badge>{t('sender.bot')}</Badge>}
          <time dateTime={message.at} title={dateTime(message.at)}>{clock(message.at)}</time>
          {message.edited_at && <span title={dateTime(message.edited_at)}>{t('thread.edited')}</span>}
          {message.is_spam && <Badge tone="danger">{t('queue.spam')}</Badge>}
        </header>
        {answers && (
          <blockquote className="my-1 truncate border-l-2 border-accent pl-2 text-xs text-mute">{answers.content || t('thread.attachment')}</blockquote>
        )}
        {message.unsent_at ? (
          <p className="text-mute italic">{t('thread.unsent')}</p>
        ) : (
          <>
            {message.content && <RichText text={message.content} />}
            {message.attachments.map(attachment => <AttachmentView key={attachment.id} attachment={attachment} />)}
          </>
        )}
        <footer className="flex items-center gap-2">
          {message.reactions.length > 0 && (
            <span className="mt-1 flex gap-1">
              {message.reactions.map((reaction, index) => (
                <span key={index} className="rounded-full border bg-panel px-1.5 text-xs" title={t(`sender.${reaction.by}`)}>{reaction.emoji}</span>
              ))}
            </span>
          )}
          {message.delivery && <Delivery delivery={message.delivery} />}
        </footer>
      </div>
    </article>
  )
})

const DELIVERY_ICONS = { queued: Clock, sent: Check, delivered: CheckCheck, read: CheckCheck, failed: CircleAlert }

function Delivery({ delivery }: { delivery: NonNullable<Message['delivery']> }) {
  const Icon = DELIVERY_ICONS[delivery.state]
  const isBad = delivery.state === 'failed'
  return (
    <span className={cn('mt-1 ml-auto flex items-center gap-1 text-[11px] text-mute', delivery.state === 'read' && 'text-accent!', isBad && 'text-danger!')}>
      <Icon size={12} aria-hidden />
      {t(`delivery.${delivery.state}`)}
      {isBad && delivery.error && <span>· {delivery.error}</span>}
    </span>
  )
}

/** A message that is not on the server yet: sending, or failed and waiting for a decision. */
export function PendingBubble({ entry }: { entry: OutboxEntry }) {
  const t = useT()
  const me = useMe()
  return (
    <article aria-label={t('thread.messageFrom', { name: me.name, at: dateTime(entry.at) })} className="flex flex-row-reverse gap-2.5">
      <Avatar name={me.name} size={28} />
      <div className={shape(true, entry.visibility === 'internal')}>
        <header className="mb-0.5 flex gap-2 text-[11px] text-mute">
          <b className="font-medium text-fg">{me.name}</b>
          {entry.state === 'sending' && <span className="flex items-center gap-1"><Clock size={11} aria-hidden /> {t('thread.sending')}</span>}
        </header>
        {entry.content && <RichText text={entry.content} />}
        {entry.files.map(file => <PendingFile key={file.upload} file={file} />)}
        {entry.state === 'failed' && (
          <div role="alert" className="mt-1.5 flex flex-wrap items-center gap-2 text-xs text-danger">
            <CircleAlert size={13} aria-hidden />
            <span>{t('thread.notSent')}{entry.error && ` · ${entry.error}`}</span>
            <Button variant="danger" onClick={() => outbox.retry(entry.client_id)}>{t('common.retry')}</Button>
            <Button variant="ghost" onClick={() => discard(entry)}>{t('common.discard')}</Button>
          </div>
        )}
      </div>
    </article>
  )
}

/** A file of such a message: the picture itself where it is at hand, and how far it is. */
function PendingFile({ file }: { file: UploadRef }) {
  const upload = useStore(uploads.all).get(file.upload)
  const address = useAddress(upload && file.mime.startsWith('image/') ? upload.file : null)
  const shown: Upload = upload ?? { ...file, id: file.upload, file: null, state: 'failed', progress: 0, attachment: null, error: null }
  if (address) {
    return (
      <figure className="mt-1.5 w-fit">
        <img src={address} alt={file.name} className="max-h-72 max-w-full rounded-lg border" />
        {shown.state !== 'ready' && <figcaption><FileState upload={shown} /></figcaption>}
      </figure>
    )
  }
  return (
    <span className={CARD}>
      <Thumbnail upload={shown} />
      <span className="min-w-0 flex-1">
        <span className="block truncate">{file.name}</span>
        <FileState upload={shown} />
      </span>
    </span>
  )
}
