import { useId, type ComponentProps, type ReactNode } from 'react'
import { cn } from '@/ui/cn'

export const INPUT =
  'w-full rounded-md border border-edge bg-panel px-2.5 placeholder:text-mute aria-invalid:border-danger disabled:opacity-60'

type Shared = { label: string; hint?: ReactNode; error?: string | undefined }

function Frame({ id, label, hint, error, children }: Shared & { id: string; children: ReactNode }) {
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block text-[12.5px] font-medium">
        {label}
      </label>
      {children}
      {hint && !error && <p id={`${id}-hint`} className="text-xs text-mute">{hint}</p>}
      {error && <p id={`${id}-error`} className="text-xs text-danger">{error}</p>}
    </div>
  )
}

const described = (id: string, { hint, error }: Shared) => ({
  'aria-invalid': error ? true : undefined,
  'aria-describedby': error ? `${id}-error` : hint ? `${id}-hint` : undefined,
})

export function Field({ label, hint, error, className, ...props }: Shared & ComponentProps<'input'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input id={id} className={cn(INPUT, 'h-9', className)} {...described(id, { label, hint, error })} {...props} />
    </Frame>
  )
}

export function TextArea({ label, hint, error, className, ...props }: Shared & ComponentProps<'textarea'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea id={id} className={cn(INPUT, 'min-h-24 py-2', className)} {...described(id, { label, hint, error })} {...props} />
    </Frame>
  )
}

export function SelectField({ label, hint, error, className, children, ...props }: Shared & ComponentProps<'select'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select id={id} className={cn(INPUT, 'h-9', className)} {...described(id, { label, hint, error })} {...props}>
        {children}
      </select>
    </Frame>
  )
}

/** A select without a visible label, for tables and filter rows. */
export const Select = ({ className, ...props }: ComponentProps<'select'> & { 'aria-label': string }) => (
  <select className={cn(INPUT, 'h-8 w-auto! max-w-full pr-7', className)} {...props} />
)

export const Input = ({ className, ...props }: ComponentProps<'input'> & { 'aria-label': string }) => (
  <input className={cn(INPUT, 'h-8', className)} {...props} />
)

export function Check({ label, className, ...props }: { label: ReactNode } & Omit<ComponentProps<'input'>, 'type'>) {
  return (
    <label className={cn('flex items-center gap-2', className)}>
      <input type="checkbox" className="size-4 accent-(--accent)" {...props} />
      <span>{label}</span>
    </label>
  )
}
