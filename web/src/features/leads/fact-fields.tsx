import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { Kept } from '@/features/leads/actions'
import { Problem } from '@/lib/api/problem'
import { cn } from '@/ui/cn'
import { Input, Select } from '@/ui/field'

export const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="p-4">
    <h2 className="mb-2.5 text-xs font-semibold text-mute">{title}</h2>
    {children}
  </section>
)

export const Row = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="contents">
    <dt className="self-center text-mute">{name}</dt>
    <dd className="min-w-0">{children}</dd>
  </div>
)

/** What the refusal says of a field or of something in it, else what it says as a whole. */
export const faultOf = (problem: Problem, field: string): string =>
  problem.field(field) ?? problem.fields.find(fault => fault.field.startsWith(`${field}.`))?.message ?? problem.message

/** Hands a value on to be kept; what is wrong with it stands there until another one is. */
export function useKept<V>(field: string, keep: (value: V) => Promise<Kept>) {
  const [fault, setFault] = useState<string | null>(null)
  const send = async (value: V) => {
    setFault(null)
    const kept = await keep(value)
    if (kept instanceof Problem) setFault(faultOf(kept, field))
    return kept === true
  }
  return { fault, send, forget: () => setFault(null) }
}

export const Fault = ({ id, children }: { id: string; children: string | null }) => (children ? <p id={id} role="alert" className="mt-1 text-xs text-danger">{children}</p> : null)

type Shared = {
  label: string
  /** What the server calls it. */
  field: string
  value: string
  disabled?: boolean
  keep: (value: string) => Promise<Kept>
}

/** What is typed where it stands: Enter or leaving keeps it, Escape leaves it as it was. Follows the server while nobody types. */
export function TypedFact({ label, field, value, disabled, keep, type = 'text', decimal }: Shared & { type?: 'text' | 'date'; decimal?: boolean }) {
  const id = useId()
  const { fault, send, forget } = useKept(field, keep)
  // Null: what the server has, in its own words.
  const [typed, setTyped] = useState<string | null>(null)
  const underWay = useRef<string | null>(null)
  const end = async (input: HTMLInputElement) => {
    // Half a day is no day, and does not take away the one that was there.
    if (typed === null || input.validity?.badInput) return
    const wanted = typed.trim()
    // Enter keeps it, and leaving right after must not do so again.
    if (wanted === underWay.current) return
    if (wanted === value) return setTyped(null)
    underWay.current = wanted
    if (await send(wanted)) setTyped(now => (now === typed ? null : now))
    underWay.current = null
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') void end(event.currentTarget)
    if (event.key !== 'Escape') return
    setTyped(null)
    forget()
  }
  return (
    <>
      <Input
        aria-label={label}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? id : undefined}
        type={type}
        inputMode={decimal ? 'decimal' : undefined}
        maxLength={type === 'text' ? 2000 : undefined}
        disabled={disabled}
        value={typed ?? value}
        onChange={e => {
          setTyped(e.target.value)
          forget()
        }}
        onBlur={e => void end(e.currentTarget)}
        onKeyDown={onKeyDown}
      />
      <Fault id={id}>{fault}</Fault>
    </>
  )
}

/** One of some, chosen where it stands. */
export function PickedFact({ label, field, value, disabled, keep, choices, className }: Shared & { choices: { value: string; label: string }[]; className?: string }) {
  const id = useId()
  const { fault, send } = useKept(field, keep)
  return (
    <>
      <Select
        aria-label={label}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? id : undefined}
        value={value}
        disabled={disabled}
        onChange={e => void send(e.target.value)}
        className={cn('max-w-full', className)}
      >
        {choices.map(choice => <option key={choice.value} value={choice.value}>{choice.label}</option>)}
      </Select>
      <Fault id={id}>{fault}</Fault>
    </>
  )
}
