import { CircleAlert, X } from 'lucide-react'
import { dismiss, toasts } from '@/lib/toast'
import { useStore } from '@/lib/store'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'

/** What just happened, and the way back. Announced politely; failures stay until they are answered. */
export function Toaster() {
  const t = useT()
  const list = useStore(toasts)
  return (
    <section aria-label={t('toast.region')} aria-live="polite" className="pointer-events-none fixed bottom-4 left-17 z-50 flex w-79 flex-col gap-2 max-sm:inset-x-4 max-sm:bottom-20 max-sm:w-auto [[data-bulk]_&]:bottom-28">
      {list.map(item => (
        <div
          key={item.id}
          role={item.tone === 'danger' ? 'alert' : 'status'}
          className={cn('pointer-events-auto flex items-center gap-2 rounded-lg border bg-panel py-2 pr-2 pl-3 shadow-xl', item.tone === 'danger' && 'border-danger/40')}
        >
          {item.tone === 'danger' && <CircleAlert size={15} className="shrink-0 text-danger" aria-hidden />}
          <span className="min-w-0 flex-1">{item.text}</span>
          {item.action && (
            <Button
              variant="ghost"
              className="text-accent!"
              onClick={() => {
                dismiss(item.id)
                item.action?.run()
              }}
            >
              {t(item.action.label)}
            </Button>
          )}
          <Button variant="ghost" size="tiny" aria-label={t('common.dismiss')} onClick={() => dismiss(item.id)}>
            <X size={13} aria-hidden />
          </Button>
        </div>
      ))}
    </section>
  )
}
