import { Fragment, useEffect, useRef, type ReactNode } from 'react'
import { cn } from '@/ui/cn'

/** What the link of a tab is given. Only the shown tab says that it is the current one: the address of each differs by a word alone. */
export type TabProps = { className: string; 'aria-current': 'page' | undefined; activeOptions: { explicitUndefined: true } }

type PageTabsProps<Tab extends string> = {
  label: string
  tabs: readonly Tab[]
  current: Tab
  link: (tab: Tab, props: TabProps) => ReactNode
  className?: string
}

/** The tabs of a page: links, so that the address holds which one is shown. */
export function PageTabs<Tab extends string>({ label, tabs, current, link, className }: PageTabsProps<Tab>) {
  const props = (tab: Tab): TabProps => ({
    className:
      'shrink-0 border-b-2 border-transparent px-0.5 pb-2 font-medium whitespace-nowrap text-mute hover:text-fg aria-[current]:border-accent aria-[current]:text-accent',
    'aria-current': tab === current ? 'page' : undefined,
    activeOptions: { explicitUndefined: true },
  })
  // Where not all of them have room, the shown one is among those that do.
  const nav = useRef<HTMLElement>(null)
  useEffect(() => {
    // What it answers is no clean-up.
    void nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [current])
  return (
    <nav ref={nav} aria-label={label} className={cn('-mb-px flex gap-5 overflow-x-auto', className)}>
      {tabs.map(tab => <Fragment key={tab}>{link(tab, props(tab))}</Fragment>)}
    </nav>
  )
}
