import { Dialog as Radix } from 'radix-ui'
import { X } from 'lucide-react'
import { useRef, type ReactNode } from 'react'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'

type Props = {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: string
  wide?: boolean
  /** For tables to fill in. */
  huge?: boolean
  /** Clicks beside it do not close it. */
  stays?: boolean
  children: ReactNode
}

export function Dialog({ open, onOpenChange, title, description, wide, huge, stays, children }: Props) {
  const t = useT()
  const opener = useRef<HTMLElement>(null)
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onOpenAutoFocus={event => {
            opener.current = whoOpened()
            focusFirstField(event)
          }}
          onCloseAutoFocus={event => {
            // It is opened without a trigger of its own: the focus goes back to where it was.
            event.preventDefault()
            opener.current?.focus()
          }}
          onInteractOutside={event => stays && event.preventDefault()}
          className={cn(
            'fixed top-1/2 left-1/2 z-50 max-h-[90dvh] w-[calc(100vw-1.5rem)] -translate-x-1/2 -translate-y-1/2 overflow-auto rounded-xl border bg-panel p-5 shadow-2xl',
            huge ? 'max-w-5xl' : wide ? 'max-w-2xl' : 'max-w-md',
          )}
        >
          <div className="mb-4 flex items-start gap-3">
            <div className="flex-1">
              <Radix.Title className="text-[15px] font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-mute">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <Button variant="ghost" size="icon" aria-label={t('common.close')} className="-mt-1.5 -mr-1.5">
                <X size={16} aria-hidden />
              </Button>
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** What had the focus; of an entry of a menu, which is gone by the time, the button of the menu. */
function whoOpened(): HTMLElement | null {
  const focused = document.activeElement
  const menu = focused?.closest('[role="menu"]')?.getAttribute('aria-labelledby')
  const opener = menu ? document.getElementById(menu) : focused
  return opener instanceof HTMLElement ? opener : null
}

/** A form begins in its first field, not on the button that closes it. */
function focusFirstField(event: Event): void {
  const content = event.currentTarget
  const field = content instanceof HTMLElement ? content.querySelector<HTMLElement>('input, select, textarea') : null
  if (!field) return
  event.preventDefault()
  field.focus()
}
