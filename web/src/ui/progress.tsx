import { cn } from '@/ui/cn'

/** How far something is; `share` is null while nobody knows. The words beside it say the same. */
export const Progress = ({ label, share, className }: { label: string; share: number | null; className?: string }) => (
  <div
    role="progressbar"
    aria-label={label}
    aria-valuemin={0}
    aria-valuemax={100}
    {...(share === null ? {} : { 'aria-valuenow': Math.round(share * 100) })}
    className={cn('h-1.5 overflow-hidden rounded-full bg-fg/8', className)}
  >
    <span
      className={cn('block h-full rounded-full bg-accent transition-[width]', share === null && 'w-1/3 animate-pulse motion-reduce:animate-none')}
      style={share === null ? undefined : { width: `${share * 100}%` }}
    />
  </div>
)
