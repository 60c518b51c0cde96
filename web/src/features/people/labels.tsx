import { Ban } from 'lucide-react'
import type { ReactNode } from 'react'
import { t } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { channelName } from '@/ui/channel-icon'

/** What a kind of address is called. */
export function addressKind(kind: string): string {
  if (kind === 'phone' || kind === 'email' || kind === 'other') return t(`person.method.${kind}`)
  return kind === 'x' ? 'X' : channelName(kind)
}

export const BlockedBadge = () => <Badge tone="danger"><Ban size={11} aria-hidden /> {t('details.blocked')}</Badge>

/** A part of the facts beside the timeline. */
export const Part = ({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) => (
  <section aria-label={title} className="p-4">
    <div className="mb-2.5 flex min-h-6 items-center justify-between gap-2">
      <h2 className="text-xs font-semibold text-mute">{title}</h2>
      {action && <span className="-mr-2">{action}</span>}
    </div>
    {children}
  </section>
)
