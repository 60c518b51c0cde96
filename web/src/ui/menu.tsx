import { DropdownMenu as Radix } from 'radix-ui'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '@/ui/cn'

const ITEM =
  'flex cursor-default items-center gap-2 rounded px-2 py-1.5 outline-none select-none data-disabled:opacity-50 data-highlighted:bg-accent-soft'

type MenuProps = {
  trigger: ReactNode
  children: ReactNode
  open?: boolean
  onOpenChange?: (open: boolean) => void
  align?: 'start' | 'end'
  side?: 'top' | 'right' | 'bottom'
}

export const Menu = ({ trigger, children, open, onOpenChange, align = 'end', side = 'bottom' }: MenuProps) => (
  <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content
        align={align}
        side={side}
        sideOffset={4}
        collisionPadding={8}
        className="z-50 max-h-[min(28rem,80vh)] min-w-44 overflow-auto rounded-lg border bg-panel p-1 shadow-xl"
      >
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)

export const MenuItem = ({ onSelect, danger, disabled, children }: { onSelect: () => void; danger?: boolean; disabled?: boolean; children: ReactNode }) => (
  <Radix.Item onSelect={onSelect} disabled={disabled ?? false} className={cn(ITEM, danger && 'text-danger')}>
    {children}
  </Radix.Item>
)

export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <Radix.Label className="px-2 pt-1.5 pb-1 text-[11px] font-semibold text-mute">{children}</Radix.Label>
)

export const MenuSeparator = () => <Radix.Separator className="my-1 h-px bg-line" />

type Choice<T extends string> = { value: T; label: ReactNode }

/** One of several, with the present one marked. */
export function MenuChoices<T extends string>({ value, choices, onChoose }: { value: T; choices: Choice<T>[]; onChoose: (value: T) => void }) {
  return (
    <Radix.RadioGroup value={value} onValueChange={next => onChoose(next as T)}>
      {choices.map(choice => (
        <Radix.RadioItem key={choice.value} value={choice.value} className={ITEM}>
          <span className="flex flex-1 items-center gap-2">{choice.label}</span>
          <Radix.ItemIndicator>
            <Check size={14} aria-hidden />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}
