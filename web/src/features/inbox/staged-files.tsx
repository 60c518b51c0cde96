import { File as FileIcon, Paperclip, RotateCw, TriangleAlert, X } from 'lucide-react'
import { useEffect, useRef, useState, type ClipboardEvent, type DragEvent } from 'react'
import { fileSize } from '@/lib/file-size'
import { t, useT } from '@/lib/i18n'
import { uploads } from '@/lib/mail'
import { useStore } from '@/lib/store'
import { toast } from '@/lib/toast'
import { MOST_FILES, type Upload } from '@/lib/uploads'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'

const NONE: readonly string[] = []

/** The files beside the composer of a ticket. */
export const useStaged = (ticketId: number): readonly string[] => useStore(uploads.staged).get(ticketId) ?? NONE

export function attach(ticketId: number, files: readonly File[]): void {
  if (files.length > 0 && uploads.stage(ticketId, files) > 0) toast(t('composer.tooMany', { n: MOST_FILES }), { tone: 'danger' })
}

/** Files in what was pasted or dropped; a folder is none. */
function filesIn(transfer: DataTransfer): File[] {
  return [...transfer.items].flatMap(item => {
    const isFolder = item.webkitGetAsEntry?.()?.isDirectory === true
    const file = item.kind === 'file' && !isFolder ? item.getAsFile() : null
    return file ?? []
  })
}

/** Pasted files are attached; pasted text stays text, even where a picture of it comes along. */
export const onPasteFiles = (ticketId: number) => (event: ClipboardEvent) => {
  const files = filesIn(event.clipboardData)
  if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return
  event.preventDefault()
  attach(ticketId, files)
}

const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files')

/** Makes a part of the page take files. Leaving a child is not leaving the part. */
export function useFileDrop(ticketId: number, enabled: boolean) {
  const [depth, setDepth] = useState(0)
  const when = (act: (event: DragEvent) => void) => (event: DragEvent) => {
    if (!hasFiles(event)) return
    event.preventDefault() // Else the browser would leave the desk and show the file.
    if (enabled) act(event)
  }
  const handlers = {
    onDragEnter: when(() => setDepth(n => n + 1)),
    onDragLeave: when(() => setDepth(n => n - 1)),
    onDragOver: when(event => {
      event.dataTransfer.dropEffect = 'copy'
    }),
    onDrop: when(event => {
      setDepth(0)
      attach(ticketId, filesIn(event.dataTransfer))
    }),
  }
  return { isOver: depth > 0, handlers }
}

export function DropHint() {
  const t = useT()
  return (
    <div className="pointer-events-none absolute inset-2 z-20 grid place-items-center rounded-xl border-2 border-dashed border-accent bg-accent-soft/90">
      <span className="flex items-center gap-2 font-medium text-accent"><Paperclip size={18} aria-hidden /> {t('composer.drop')}</span>
    </div>
  )
}

export function AttachButton({ ticketId }: { ticketId: number }) {
  const t = useT()
  const field = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button variant="ghost" size="icon" className="size-7!" aria-label={t('composer.attach')} title={t('composer.attach')} onClick={() => field.current?.click()}>
        <Paperclip size={16} aria-hidden />
      </Button>
      <input
        ref={field}
        type="file"
        multiple
        hidden
        aria-label={t('composer.attach')}
        onChange={event => {
          attach(ticketId, [...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
    </>
  )
}

/** What lies beside the composer, each with how far it is. */
export function StagedFiles({ ticketId, ids, onRemoved }: { ticketId: number; ids: readonly string[]; onRemoved: () => void }) {
  const t = useT()
  const all = useStore(uploads.all)
  const files = ids.flatMap(id => all.get(id) ?? [])
  return (
    <>
      {files.length > 0 && (
        <ul aria-label={t('composer.files')} className="flex max-h-40 flex-wrap gap-2 overflow-auto px-3 pt-1 pb-2">
          {files.map(upload => (
            <li key={upload.id} className={cn('flex w-56 max-w-full items-center gap-2 rounded-lg border bg-panel p-1.5', upload.state === 'failed' && 'border-danger/50')}>
              <Thumbnail upload={upload} />
              <span className="min-w-0 flex-1">
                <span className="block truncate text-xs" title={upload.name}>{upload.name}</span>
                <FileState upload={upload} />
              </span>
              {upload.state === 'failed' && upload.file && (
                <Button variant="ghost" size="tiny" aria-label={t('upload.retry', { name: upload.name })} title={t('common.retry')} onClick={() => uploads.retry(upload.id)}>
                  <RotateCw size={13} aria-hidden />
                </Button>
              )}
              <Button
                variant="ghost"
                size="tiny"
                aria-label={t('upload.remove', { name: upload.name })}
                onClick={() => {
                  uploads.remove(ticketId, upload.id)
                  onRemoved()
                }}
              >
                <X size={13} aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Announcer files={files} />
    </>
  )
}

/** How far a file is: a bar while it travels, its size when it is there, and else what went wrong. */
export function FileState({ upload }: { upload: Upload }) {
  const t = useT()
  if (upload.state === 'failed') return <span className="block truncate text-[11px] text-danger" title={upload.error ?? ''}>{upload.error}</span>
  if (upload.state === 'waiting') return <span className="block text-[11px] text-mute">{t('upload.waiting')}</span>
  if (upload.state === 'ready') return <span className="block text-[11px] text-mute">{fileSize(upload.size)}</span>
  const percent = Math.round(upload.progress * 100)
  return (
    <span role="progressbar" aria-label={t('upload.progress', { name: upload.name })} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} className="my-1.5 block h-1 overflow-hidden rounded-full bg-fg/12">
      <span className="block h-full bg-accent transition-[width]" style={{ width: `${percent}%` }} />
    </span>
  )
}

export function Thumbnail({ upload }: { upload: Upload }) {
  const address = useAddress(upload.mime.startsWith('image/') ? upload.file : null)
  if (address) return <img src={address} alt="" className="size-9 shrink-0 rounded object-cover" />
  const Icon = upload.state === 'failed' ? TriangleAlert : FileIcon
  return <span className="grid size-9 shrink-0 place-items-center rounded bg-raised text-mute"><Icon size={16} aria-hidden /></span>
}

/** An address under which the page can show a file that it holds. */
export function useAddress(file: File | null): string | null {
  const [address, setAddress] = useState<string | null>(null)
  useEffect(() => {
    if (!file) return
    const made = URL.createObjectURL(file)
    setAddress(made)
    return () => {
      setAddress(null)
      URL.revokeObjectURL(made)
    }
  }, [file])
  return address
}

/** Says aloud when a file has arrived or has not; the bars are silent. */
function Announcer({ files }: { files: Upload[] }) {
  const t = useT()
  const settled = files.filter(upload => upload.state === 'ready' || upload.state === 'failed')
  const text = settled.map(upload =>
    upload.state === 'ready' ? t('upload.ready', { name: upload.name }) : t('upload.failed', { name: upload.name, why: upload.error ?? '' }),
  )
  return <span role="status" className="sr-only">{text.at(-1) ?? ''}</span>
}
