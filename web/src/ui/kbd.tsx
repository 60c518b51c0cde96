import type { ReactNode } from 'react'

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="inline-grid h-4.5 min-w-4.5 place-items-center rounded border bg-raised px-1 font-sans text-[10.5px] text-mute">{children}</kbd>
)
