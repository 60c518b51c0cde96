import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { cn } from '@/ui/cn'

const button = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-55',
  {
    variants: {
      variant: {
        solid: 'bg-accent text-accent-fg hover:bg-accent-strong',
        outline: 'border bg-panel hover:bg-raised',
        ghost: 'text-mute hover:bg-raised hover:text-fg',
        danger: 'border border-danger/40 bg-panel text-danger hover:bg-danger/10',
      },
      size: { sm: 'h-7 px-2.5 text-xs', md: 'h-8 px-3', lg: 'h-10 px-4 text-sm', icon: 'size-8', tiny: 'size-6' },
    },
    defaultVariants: { variant: 'outline', size: 'sm' },
  },
)

type Props = ComponentProps<'button'> & VariantProps<typeof button>

export const Button = ({ variant, size, className, type = 'button', ...props }: Props) => (
  <button type={type} className={cn(button({ variant, size }), className)} {...props} />
)
