/** A slash that calls for a reply that is kept ready: where it stands, and what is typed behind it. */
export type Slash = { from: number; typed: string }

const LONGEST = 40

/** The slash that the caret stands behind: at the start of the text, or after a space or a line's end. */
export function slashAt(text: string, caret: number): Slash | null {
  const word = /(?:^|\s)\/([^\s/]*)$/.exec(text.slice(Math.max(0, caret - LONGEST - 2), caret))
  const typed = word?.[1]
  if (typed === undefined || typed.length > LONGEST) return null
  return { from: caret - typed.length - 1, typed }
}

const BLANK = /\[(?:contact|agent|organisation|ticket|lead)\.[a-z_]+\]/g

/** What nothing was known for when a reply was filled in: `[contact.email]`, each once. */
export const blanksIn = (text: string): string[] => [...new Set(text.match(BLANK))]

/** A reply in a list: its fields by their defaults, so that the words around them can be read. */
export const readable = (text: string): string => text.replace(/\{\{([^{}|\n]*)(?:\|([^{}\n]*))?\}\}/g, (_, field: string, standIn?: string) => standIn ?? `{${field.trim()}}`)
