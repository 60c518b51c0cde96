import { Link } from '@tanstack/react-router'
import { MessagesSquare } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { pagesFor } from '@/app/pages'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { Tooltip } from '@/ui/tooltip'

const MoreMenu = lazy(() => import('@/app/more-menu').then(m => ({ default: m.MoreMenu })))

const LINK =
  'grid size-9 place-items-center rounded-lg text-mute hover:bg-raised hover:text-fg data-[status=active]:bg-accent-soft data-[status=active]:text-accent'

export function Rail() {
  const t = useT()
  const me = useMe()
  return (
    <nav aria-label={t('shell.main')} className="flex w-14 shrink-0 flex-col items-center gap-1 border-r bg-panel py-2.5 max-sm:hidden">
      <span className="mb-3 grid size-9 place-items-center rounded-lg bg-accent text-accent-fg" aria-hidden>
        <MessagesSquare size={18} />
      </span>
      {pagesFor(me).map(({ to, label, icon: Icon }) => (
        <Tooltip key={to} label={t(label)} side="right">
          <Link to={to} aria-label={t(label)} className={LINK}>
            <Icon size={18} aria-hidden />
          </Link>
        </Tooltip>
      ))}
    </nav>
  )
}

const TAB = 'flex min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-[11px] text-mute data-[status=active]:text-accent'

/** The rail of a phone: what is used all day, and a menu of the rest. */
export function BottomBar() {
  const t = useT()
  const me = useMe()
  const pages = pagesFor(me)
  return (
    <nav aria-label={t('shell.main')} className="flex h-14 shrink-0 border-t bg-panel pb-[env(safe-area-inset-bottom)] sm:hidden">
      {pages.filter(page => page.isDaily).map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={TAB}>
          <Icon size={20} aria-hidden />
          <span className="max-w-full truncate px-0.5">{t(label)}</span>
        </Link>
      ))}
      <Suspense fallback={<span className={TAB} />}>
        <MoreMenu pages={pages.filter(page => !page.isDaily)} className={TAB} />
      </Suspense>
    </nav>
  )
}
