import type { SpamPart } from '@/lib/api/types'
import { tnOr, tOr, useLocale } from '@/lib/i18n'

/** The order in which facts are told. */
const FACTS = [
  'links', 'shortened', 'odd', 'more_phrases', 'mixed', 'decorative', 'hidden', 'spread', 'capitals', 'exclamation_marks', 'senseless',
  'letter_run', 'signs', 'same_lines', 'distinct_words', 'words', 'times', 'messages', 'days',
]

/** What a part found, in the reader's language; the phrases of our lists are quoted as they are. */
export function wordPart({ name, detail, facts }: SpamPart): string {
  const told = FACTS.flatMap(fact => (facts[fact] === undefined ? [] : (tnOr(`spam.fact.${fact}`, facts[fact]) ?? [])))
  if (name === 'phrases') return [detail, ...told].join(', ')
  // What was kept before facts were has only its English words.
  return name === 'empty' ? '' : told.join(', ') || detail
}

/** Why something looks like spam: each witness, what it found, and how much that says. */
export function SpamParts({ parts }: { parts: SpamPart[] }) {
  const language = useLocale()
  return (
    <ul className="space-y-1 text-xs">
      {parts.map(part => {
        const found = wordPart(part)
        return (
          <li key={part.name} className="flex justify-between gap-3">
            <span className="min-w-0">
              {tOr(`spam.part.${part.name}`, part.name)}
              {found && <span className="block truncate text-mute" title={found}>{found}</span>}
            </span>
            <span className="text-mute tabular-nums">{new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(part.score)}</span>
          </li>
        )
      })}
    </ul>
  )
}
