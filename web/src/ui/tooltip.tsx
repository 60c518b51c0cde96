import type { ReactNode } from 'react'
import { cn } from '@/ui/cn'

type Props = { label: ReactNode; side?: 'bottom' | 'right'; children: ReactNode }

const PLACE = {
  bottom: 'top-full left-1/2 mt-1.5 -translate-x-1/2',
  right: 'top-1/2 left-full ml-1.5 -translate-y-1/2',
}

/** Shows on hover and on keyboard focus. Only repeats the control's own name, so it is hidden from readers. */
export const Tooltip = ({ label, side = 'bottom', children }: Props) => (
  <span className="group/tip relative inline-flex">
    {children}
    <span
      aria-hidden
      className={cn(
        'pointer-events-none invisible absolute z-50 rounded-md bg-fg px-2 py-1 text-xs whitespace-nowrap text-panel opacity-0 shadow-lg transition-opacity delay-0 group-hover/tip:visible group-hover/tip:opacity-100 group-hover/tip:delay-300 [:focus-visible+&]:visible [:focus-visible+&]:opacity-100',
        PLACE[side],
      )}
    >
      {label}
    </span>
  </span>
)
