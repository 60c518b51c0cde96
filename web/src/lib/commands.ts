import { useEffect } from 'react'
import { createStore } from '@/lib/store'

export type CommandGroup = 'ticket' | 'lead' | 'go' | 'me' | 'look'
export type Command = { id: string; group: CommandGroup; label: string; keys?: string; run: () => void }

/** What the palette offers. Whoever can do something says so here; the palette knows nobody. */
export const commands = createStore<ReadonlyMap<string, Command[]>>(new Map())

/** Offers commands for as long as the component is on screen. */
export function useCommands(owner: string, list: Command[]): void {
  useEffect(() => {
    commands.set(map => new Map(map).set(owner, list))
  })
  useEffect(
    () => () =>
      commands.set(map => {
        const rest = new Map(map)
        rest.delete(owner)
        return rest
      }),
    [owner],
  )
}

export const fold = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase()

/** Every typed word must begin a word of the label; accents do not matter. */
export function filterCommands(list: Command[], typed: string): Command[] {
  const wanted = fold(typed).split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return list
  return list.filter(command => {
    const words = fold(command.label).split(/[^\p{L}\p{N}]+/u)
    return wanted.every(part => words.some(word => word.startsWith(part)))
  })
}

/** Whether `text` holds what was typed, without regard to case and accents. */
export const includesFolded = (text: string, typed: string): boolean => fold(text).includes(fold(typed.trim()))
