/** Changes that are made to many leads: sent in parts, so that nothing of what was chosen is forgotten. */
import type { FieldError } from '@/lib/api/problem'
import type { LeadAgent } from '@/lib/api/types'
import { t } from '@/lib/i18n'
import type { Refusal } from '@/lib/refusals'

/** The server takes so many at once. */
export const AT_ONCE = 500

type Result = { lead_id: number; status: string; error?: string | null; errors?: FieldError[] }
type Answer = { results: Result[] }
export type Refused = { id: number; why: string }
/** What became of all. `unsent`: neither changed nor refused, since `error` ended it before their turn, or in it. */
export type BulkOutcome = { updated: number[]; refused: Refused[]; unsent: number[]; error: Error | null }
type Send<W> = (ids: number[], wanted: W) => Promise<Answer>

/** One part after the other; `told` hears after each what is changed by now. Never throws: what ends it is in the outcome. */
export async function changeAll<W>(
  ids: readonly number[],
  wanted: W,
  send: Send<W>,
  told: (done: number, updated: number[]) => void,
  why: (result: Result) => string = result => result.error ?? '',
): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { updated: [], refused: [], unsent: [], error: null }
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const part = ids.slice(from, from + AT_ONCE)
    try {
      const { results } = await send(part, wanted)
      const refused = results.filter(result => result.status === 'failed').map(result => ({ id: result.lead_id, why: why(result) }))
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

/** Why a lead was refused, in the language of the desk; `named`: what a field is called. */
export function whyOf({ error, errors }: Pick<Result, 'error' | 'errors'>, said: Refusal, named: (field: string) => string): string {
  if (!errors?.length) return said('codes', '', error ?? '')
  return errors.map(fault => `${named(fault.field)}: ${said('faults', fault.code, fault.message)}`).join('; ')
}

/** Why some were refused, the most frequent reason first, each once with those that it is of. */
export function reasonsOf(refused: readonly Refused[]): { why: string; ids: number[] }[] {
  const all = new Map<string, number[]>()
  for (const { id, why } of refused) all.set(why, [...(all.get(why) ?? []), id])
  return [...all].map(([why, ids]) => ({ why, ids })).sort((a, b) => b.ids.length - a.ids.length)
}

/** Why nobody was given a lead. */
export function whyNotShared(error: string | null | undefined): string {
  if (error === 'nobody has room') return t('lead.share.noRoom')
  if (error === 'archived') return t('lead.share.archived')
  return error === 'not found' ? t('lead.gone') : (error ?? '')
}

/** Whether somebody has room for one more. */
export const takes = (agent: LeadAgent): boolean => agent.capacity.available_slots > 0

/** How many leads some take together. */
export const roomOf = (agents: readonly LeadAgent[]): number => agents.reduce((sum, agent) => sum + Math.max(0, agent.capacity.available_slots), 0)
