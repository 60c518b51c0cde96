import { File, FileX, LoaderCircle, MapPin } from 'lucide-react'
import { useEffect, useState } from 'react'
import { authorizedFetch } from '@/lib/api/client'
import type { Attachment } from '@/lib/api/types'
import { fileSize } from '@/lib/file-size'
import { useT } from '@/lib/i18n'
import { uploads } from '@/lib/mail'
import { toastFailure } from '@/lib/toast'

export const CARD = 'mt-1.5 flex max-w-xs items-center gap-2.5 rounded-lg border bg-panel px-3 py-2 text-left text-fg'

/** Files need the session's token, so they are fetched and not linked. */
async function blobOf(url: string): Promise<Blob> {
  const own = uploads.fileOf(Number(url.split('/').at(-1)))
  if (own) return own
  const response = await authorizedFetch(new Request(url))
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return response.blob()
}

export function AttachmentView({ attachment }: { attachment: Attachment }) {
  const t = useT()
  const name = attachment.name ?? attachment.title ?? t('thread.attachment')
  if (attachment.latitude !== null && attachment.longitude !== null) return <Place attachment={attachment} />
  if (attachment.state === 'failed') {
    return <span className={CARD}><FileX size={18} className="text-danger" aria-hidden /> {t('attachment.failed', { name })}</span>
  }
  if (attachment.state === 'pending') {
    return <span className={CARD}><LoaderCircle size={18} className="animate-spin text-mute motion-reduce:animate-none" aria-hidden /> {t('attachment.pending', { name })}</span>
  }
  if (attachment.state === 'stored' && attachment.mime?.startsWith('image/') && attachment.url) {
    return <Picture url={attachment.url} name={name} />
  }
  if (attachment.state === 'link' && attachment.url) {
    return (
      <a href={attachment.url} target="_blank" rel="noopener noreferrer nofollow" className={CARD}>
        <File size={18} aria-hidden /> <span className="truncate underline">{name}</span>
      </a>
    )
  }
  return <Download attachment={attachment} name={name} />
}

function Place({ attachment }: { attachment: Attachment }) {
  const t = useT()
  const point = `${attachment.latitude},${attachment.longitude}`
  return (
    <a href={`https://www.openstreetmap.org/?mlat=${attachment.latitude}&mlon=${attachment.longitude}#map=16/${point.replace(',', '/')}`} target="_blank" rel="noopener noreferrer" className={CARD}>
      <MapPin size={18} className="text-accent" aria-hidden /> <span className="underline">{attachment.title ?? t('attachment.place')}</span>
    </a>
  )
}

function Picture({ url, name }: { url: string; name: string }) {
  const [source, setSource] = useState<string | null>(null)
  const [isBroken, setBroken] = useState(false)
  const t = useT()
  useEffect(() => {
    let made: string | null = null
    let isGone = false
    blobOf(url).then(
      blob => {
        if (isGone) return
        made = URL.createObjectURL(blob)
        setSource(made)
      },
      () => setBroken(true),
    )
    return () => {
      isGone = true
      if (made) URL.revokeObjectURL(made)
    }
  }, [url])
  if (isBroken) return <span className={CARD}><FileX size={18} className="text-danger" aria-hidden /> {t('attachment.failed', { name })}</span>
  if (!source) return <span aria-hidden className="mt-1.5 block h-40 w-60 animate-pulse rounded-lg bg-fg/8 motion-reduce:animate-none" />
  return (
    <a href={source} target="_blank" rel="noopener" className="mt-1.5 block w-fit">
      <img src={source} alt={name} className="max-h-72 max-w-full rounded-lg border" />
    </a>
  )
}

function Download({ attachment, name }: { attachment: Attachment; name: string }) {
  const t = useT()
  const fetchIt = async () => {
    if (!attachment.url) return
    try {
      const address = URL.createObjectURL(await blobOf(attachment.url))
      const link = document.createElement('a')
      link.href = address
      link.download = name
      link.click()
      setTimeout(() => URL.revokeObjectURL(address), 60_000)
    } catch {
      toastFailure(t('attachment.failed', { name }), () => void fetchIt())
    }
  }
  return (
    <button type="button" onClick={() => void fetchIt()} className={`${CARD} hover:bg-raised`}>
      <File size={18} className="shrink-0 text-accent" aria-hidden />
      <span className="min-w-0">
        <span className="block truncate">{name}</span>
        {attachment.size !== null && <span className="text-xs text-mute">{fileSize(attachment.size)}</span>}
      </span>
    </button>
  )
}
