import { useEffect, useRef } from 'react'

export type Bindings = Record<string, (event: KeyboardEvent) => void>

const EDITABLE = 'input, textarea, select, [contenteditable=""], [contenteditable="true"]'
/** Where letters mean something else: an open menu picks by letter, a dialog is another place. */
const ELSEWHERE = '[role="menu"], [role="dialog"], [role="alertdialog"]'
const SEQUENCE_MS = 1200

/** The name a key press goes by: `j`, `Shift+E`, `Enter`, `?`. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'shiftKey'>): string {
  const key = event.key
  if (key.length !== 1) return key
  const isLetter = key.toLowerCase() !== key.toUpperCase()
  if (!isLetter) return key
  return event.shiftKey ? `Shift+${key.toUpperCase()}` : key.toLowerCase()
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(EDITABLE) !== null
}

/** Resolves presses to bindings, remembering the first half of a sequence such as `g i`. */
export class KeyReader {
  #pending: { key: string; at: number } | null = null

  read(name: string, bindings: Bindings, now: number): Bindings[string] | null {
    const pending = this.#pending
    this.#pending = null
    if (pending && now - pending.at <= SEQUENCE_MS) {
      const second = bindings[`${pending.key} ${name}`]
      if (second) return second
    }
    const startsSequence = Object.keys(bindings).some(key => key.startsWith(`${name} `))
    if (startsSequence) {
      this.#pending = { key: name, at: now }
      return null
    }
    return bindings[name] ?? null
  }
}

/** Everybody's bindings, read together: a sequence such as `g r` must not be taken for a mere `r`. */
const owners = new Set<{ current: Bindings }>()
const reader = new KeyReader()

const merged = (): Bindings => Object.assign({}, ...[...owners].map(owner => owner.current)) as Bindings

export function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
  if (event.target instanceof Element && event.target.closest(ELSEWHERE)) return
  const isOnControl = event.target instanceof Element && event.target.closest('button, a, summary') !== null
  if (event.key === 'Enter' && isOnControl) return
  const act = reader.read(keyName(event), merged(), event.timeStamp)
  if (!act) return
  event.preventDefault()
  act(event)
}

/** Offers bindings to the one listener, and takes them back. */
export function offerKeys(bindings: { current: Bindings }): () => void {
  if (owners.size === 0) addEventListener('keydown', onKeyDown)
  owners.add(bindings)
  return () => {
    owners.delete(bindings)
    if (owners.size === 0) removeEventListener('keydown', onKeyDown)
  }
}

/** Single-letter keys for as long as the component is on screen and no field has the focus. */
export function useShortcuts(bindings: Bindings): void {
  const latest = useRef(bindings)
  useEffect(() => {
    latest.current = bindings
  })
  useEffect(() => offerKeys(latest), [])
}
