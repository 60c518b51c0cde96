import { CircleAlert, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { useT } from '@/lib/i18n'
import { messageOf } from '@/lib/api/problem'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'

export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={cn('animate-pulse rounded bg-fg/8 motion-reduce:animate-none', className)} />
)

type EmptyProps = { icon: LucideIcon; title: string; text?: string; isPage?: boolean; children?: ReactNode }

/** Nothing here, and what to do about it; `isPage` when that is all the page says. */
export const Empty = ({ icon: Icon, title, text, isPage, children }: EmptyProps) => (
  <div className="mx-auto flex max-w-xs flex-col items-center px-6 py-12 text-center">
    <span className="mb-3 grid size-11 place-items-center rounded-full bg-fg/6 text-mute">
      <Icon size={20} aria-hidden />
    </span>
    {isPage ? <h1 className="font-semibold">{title}</h1> : <p className="font-semibold">{title}</p>}
    {text && <p className="mt-1 text-mute">{text}</p>}
    {children && <div className="mt-4 flex gap-2">{children}</div>}
  </div>
)

export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useT()
  return (
    <div role="alert" className="mx-auto flex max-w-xs flex-col items-center px-6 py-12 text-center">
      <CircleAlert size={22} className="mb-2 text-danger" aria-hidden />
      <p className="font-semibold">{t('common.failed')}</p>
      <p className="mt-1 mb-4 text-mute">{messageOf(error)}</p>
      <Button onClick={retry}>{t('common.retry')}</Button>
    </div>
  )
}

/** A problem that belongs to a whole form. */
export const FormError = ({ children }: { children: ReactNode }) => (
  <p role="alert" className="flex items-start gap-2 rounded-md bg-danger/10 px-3 py-2 text-danger">
    <CircleAlert size={15} className="mt-0.5 shrink-0" aria-hidden />
    <span>{children}</span>
  </p>
)
