import { MessagesSquare } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { chooseLocale, LOCALES } from '@/lib/preferences'
import { useLocale, useT } from '@/lib/i18n'
import { cn } from '@/ui/cn'

/** The quiet page around everything that comes before the desk. */
export function Frame({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  const t = useT()
  const locale = useLocale()
  useEffect(() => {
    document.title = `${title} · Frontdesk`
  }, [title])
  return (
    <main className="grid h-full place-items-center overflow-auto p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5">
          <span className="grid size-9 place-items-center rounded-lg bg-accent text-accent-fg" aria-hidden>
            <MessagesSquare size={18} />
          </span>
          <span className="text-lg font-semibold tracking-tight">Frontdesk</span>
        </div>
        <div className="rounded-xl border bg-panel p-6 shadow-sm">
          <h1 className="text-[17px] font-semibold">{title}</h1>
          {text && <p className="mt-1 text-mute">{text}</p>}
          <div className="mt-5">{children}</div>
        </div>
        <div role="group" aria-label={t('language.title')} className="mt-4 flex justify-center gap-1">
          {LOCALES.map(value => (
            <button
              key={value}
              type="button"
              lang={value}
              aria-pressed={value === locale}
              onClick={() => chooseLocale(value)}
              className={cn('rounded px-2 py-1 text-xs', value === locale ? 'font-semibold' : 'text-mute hover:text-fg')}
            >
              {t(`language.${value}`)}
            </button>
          ))}
        </div>
      </div>
    </main>
  )
}
