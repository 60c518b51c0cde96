import { tn, useT } from '@/lib/i18n'
import { presence } from '@/lib/live/socket'
import { useMe } from '@/lib/me'
import { useStore } from '@/lib/store'
import { Avatar } from '@/ui/avatar'

/** Who else is looking at the ticket, and who is writing: above the composer, where it matters. */
export function Others({ ticketId }: { ticketId: number }) {
  const t = useT()
  const me = useMe()
  const here = useStore(presence).get(ticketId)?.filter(user => user.id !== me.id) ?? []
  const writing = here.filter(user => user.typing)
  const text =
    writing[0] !== undefined
      ? t('thread.typing', { name: writing[0].name })
      : here.length === 1 && here[0]
        ? t('thread.viewing', { name: here[0].name })
        : here.length > 1
          ? tn('thread.viewingMany', here.length)
          : null
  return (
    <div role="status" className="px-5">
      {text && (
        <span className="mb-1.5 inline-flex items-center gap-1.5 rounded-full bg-warn/10 py-0.5 pr-2.5 pl-1 text-xs text-warn">
          {here.slice(0, 3).map(user => <Avatar key={user.id} name={user.name} size={18} />)}
          {text}
        </span>
      )}
    </div>
  )
}
