import { useQueryClient } from '@tanstack/react-query'
import { useBlocker, useNavigate } from '@tanstack/react-router'
import { FileSpreadsheet, Upload } from 'lucide-react'
import { useEffect, useRef, useState, type DragEvent } from 'react'
import { sendTable } from '@/lib/api/imports'
import { keys } from '@/lib/api/keys'
import { messageOf, Problem } from '@/lib/api/problem'
import { fileSize } from '@/lib/file-size'
import { t as say, tOr, useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Progress } from '@/ui/progress'
import { FormError } from '@/ui/states'

type Sent = { name: string; size: number; share: number }

/** Where an import begins: a file is chosen or dropped, and travels at once. */
export function FileDrop() {
  const t = useT()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [sent, setSent] = useState<Sent | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isOver, setOver] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const going = useRef<AbortController | null>(null)
  useEffect(() => () => going.current?.abort(), [])
  const isSending = sent !== null
  // A file that is half there is of no use: whoever leaves is asked, by this page or by the browser.
  const leaving = useBlocker({ shouldBlockFn: () => going.current !== null, enableBeforeUnload: () => going.current !== null, withResolver: true })

  const send = async (file: File) => {
    const way = new AbortController()
    going.current = way
    setProblem(null)
    setSent({ name: file.name, size: file.size, share: 0 })
    try {
      const refusal = await refusalOf(file)
      if (refusal) return setProblem(refusal)
      const made = await sendTable(file, share => setSent(old => old && { ...old, share }), way.signal)
      going.current = null
      client.setQueryData(keys.importOf(made.id), made)
      void client.invalidateQueries({ queryKey: keys.importList })
      await navigate({ to: '/leads/import/$import', params: { import: String(made.id) } })
    } catch (error) {
      if (!way.signal.aborted) setProblem(whyNot(error))
    } finally {
      going.current = null
      setSent(null)
    }
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer.files[0]
    if (file && !isSending) void send(file)
  }
  return (
    <section aria-label={t('import.choose')} className="space-y-3">
      {leaving.status === 'blocked' && isSending && (
        <ConfirmDialog title={t('import.leave')} description={t('import.leaveText')} submit={t('import.leaveDo')} onConfirm={leaving.proceed} onOpenChange={open => !open && leaving.reset()} />
      )}
      {problem && <FormError>{problem}</FormError>}
      <div
        onDragOver={event => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={cn('flex min-h-44 flex-col items-center justify-center gap-3 rounded-xl border border-dashed border-edge bg-panel p-6 text-center', isOver && 'border-accent! bg-accent-soft!')}
      >
        <FileSpreadsheet size={26} className={isOver ? 'text-accent' : 'text-mute'} aria-hidden />
        {sent ? (
          <div className="w-full max-w-sm space-y-2">
            <p className="truncate font-medium">{sent.name}</p>
            <Progress label={t('upload.progress', { name: sent.name })} share={sent.share} />
            <p className="text-xs text-mute tabular-nums" aria-live="polite">
              {sent.share < 1 ? t('import.sent', { done: fileSize(sent.size * sent.share), all: fileSize(sent.size) }) : t('import.reading')}
            </p>
            <Button onClick={() => going.current?.abort(new DOMException('', 'AbortError'))}>{t('common.cancel')}</Button>
          </div>
        ) : (
          <>
            <p>{t('import.drop')}</p>
            <Button variant="solid" size="md" onClick={() => field.current?.click()}><Upload size={14} aria-hidden /> {t('import.choose')}</Button>
            <p className="max-w-md text-xs text-mute">{t('import.chooseHint')}</p>
          </>
        )}
        <input
          ref={field}
          type="file"
          accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
          aria-label={t('import.file')}
          tabIndex={-1}
          className="sr-only"
          onChange={event => {
            const file = event.target.files?.[0]
            event.target.value = ''
            if (file) void send(file)
          }}
        />
      </div>
    </section>
  )
}

const WORKBOOKS = ['504b0304', 'd0cf11e0']

/** What can be told before the file travels: that it is empty, or a workbook. */
async function refusalOf(file: File): Promise<string | null> {
  if (file.size === 0) return say('upload.empty')
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer())
  const bytes = [...head].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return WORKBOOKS.includes(bytes) ? say('import.workbook') : null
}

function whyNot(error: unknown): string {
  if (!(error instanceof Problem)) return messageOf(error)
  const fault = error.fields.find(one => one.field === 'file')
  if (fault) return tOr(`import.file.${fault.code}`, fault.message)
  return error.status === 413 ? say('upload.tooLarge') : error.message
}
