import { useQuery } from '@tanstack/react-query'
import { Popover } from 'radix-ui'
import { Bell as Icon } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { countUnread } from '@/lib/api/notifications'
import { keys } from '@/lib/api/keys'
import { useCommands } from '@/lib/commands'
import { number, tn, useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Skeleton } from '@/ui/states'

const Notices = lazy(() => import('@/app/notices').then(m => ({ default: m.Notices })))

/** How many notifications are unread; they themselves open under it. */
export function Bell() {
  const t = useT()
  const [isOpen, setOpen] = useState(false)
  const { data: unread = 0 } = useQuery({ queryKey: keys.unread, queryFn: ({ signal }) => countUnread(signal) })
  useCommands('bell', [{ id: 'notifications', group: 'me', label: t('bell.title'), run: () => setOpen(true) }])
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button variant="ghost" size="icon" className="relative" aria-label={unread > 0 ? tn('bell.unread', unread) : t('bell.title')}>
          <Icon size={16} aria-hidden />
          {unread > 0 && (
            <span aria-hidden className="absolute top-0 right-0 grid h-3.5 min-w-3.5 place-items-center rounded-full bg-accent px-0.5 text-[9.5px] leading-none font-semibold text-accent-fg tabular-nums">
              {unread > 99 ? '99+' : number(unread)}
            </span>
          )}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={t('bell.title')}
          onOpenAutoFocus={focusFirst}
          className="z-50 flex max-h-[min(32rem,var(--radix-popover-content-available-height))] w-96 max-w-[calc(100vw-1rem)] flex-col overflow-hidden rounded-xl border outline-none bg-panel shadow-xl"
        >
          <Suspense fallback={<Skeleton className="m-3 h-40" />}>
            <Notices unread={unread} close={() => setOpen(false)} />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** On the first notification, where they are there already. */
function focusFirst(event: Event): void {
  event.preventDefault()
  const content = event.currentTarget
  if (content instanceof HTMLElement) (content.querySelector<HTMLElement>('[data-notice]') ?? content).focus()
}
