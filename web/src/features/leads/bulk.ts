/** Changes that are made to many leads: sent in parts, so that nothing of what was chosen is forgotten. */
import type { LeadBulkChanges } from '@/lib/api/types'

/** The server takes so many at once. */
export const AT_ONCE = 500

type Answer = { results: { lead_id: number; status: string; error?: string | null }[] }
export type Refused = { id: number; why: string }
/** What became of all. `unsent`: neither changed nor refused, since `error` ended it before their turn, or in it. */
export type BulkOutcome = { updated: number[]; refused: Refused[]; unsent: number[]; error: Error | null }
type Send = (ids: number[], updates: LeadBulkChanges) => Promise<Answer>

/** One part after the other; `told` hears after each what is changed by now. Never throws: what ends it is in the outcome. */
export async function changeAll(ids: readonly number[], updates: LeadBulkChanges, send: Send, told: (done: number, updated: number[]) => void): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { updated: [], refused: [], unsent: [], error: null }
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const part = ids.slice(from, from + AT_ONCE)
    try {
      const { results } = await send(part, updates)
      const refused = results.filter(result => result.status === 'failed').map(result => ({ id: result.lead_id, why: result.error ?? '' }))
      const isRefused = new Set(refused.map(({ id }) => id))
      const updated = part.filter(id => !isRefused.has(id))
      outcome.refused.push(...refused)
      outcome.updated.push(...updated)
      told(from + part.length, updated)
    } catch (error) {
      return { ...outcome, unsent: ids.slice(from), error: error instanceof Error ? error : new Error(String(error)) }
    }
  }
  return outcome
}

/** Why some were refused, the most frequent reason first, each once with how many it is of. */
export function reasonsOf(refused: readonly Refused[]): { why: string; n: number }[] {
  const counts = new Map<string, number>()
  for (const { why } of refused) counts.set(why, (counts.get(why) ?? 0) + 1)
  return [...counts].map(([why, n]) => ({ why, n })).sort((a, b) => b.n - a.n)
}
