import type { ReactNode } from 'react'
import { cn } from '@/ui/cn'

export type Tone = 'ok' | 'warn' | 'danger' | 'accent' | 'mute'

const TONES: Record<Tone, string> = {
  ok: 'bg-ok/10 text-ok',
  warn: 'bg-warn/10 text-warn',
  danger: 'bg-danger/10 text-danger',
  accent: 'bg-accent-soft text-accent',
  mute: 'bg-fg/6 text-mute',
}

export const Badge = ({ tone = 'mute', className, children }: { tone?: Tone; className?: string; children: ReactNode }) => (
  <span className={cn('inline-flex shrink-0 items-center gap-1 rounded px-1.5 py-px text-[11px] font-medium', TONES[tone], className)}>
    {children}
  </span>
)
