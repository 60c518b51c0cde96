import { useT } from '@/lib/i18n'
import { cn } from '@/ui/cn'

/** How much of somebody's capacity is taken, in words and as a bar. */
export function LoadBar({ load, capacity }: { load: number; capacity: number }) {
  const t = useT()
  const share = capacity > 0 ? Math.min(1, load / capacity) : 1
  return (
    <div>
      <p className="mb-1 text-xs text-mute">{t('shell.load', { load, capacity })}</p>
      <span aria-hidden className="flex h-1.5 overflow-hidden rounded-full bg-fg/8">
        <span className={cn('rounded-full', share >= 1 ? 'bg-warn' : 'bg-ok')} style={{ width: `${share * 100}%` }} />
      </span>
    </div>
  )
}
