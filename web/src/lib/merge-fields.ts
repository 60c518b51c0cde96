/** Merge fields as the server reads them, for showing a reply while it is being written. */
import type { MergeField } from '@/lib/api/types'

export type Samples = Record<MergeField, string>
type GroupOf<F> = F extends `${infer G}.${string}` ? G : never
type NameIn<G extends string, F> = F extends `${G}.${infer N}` ? N : never
/** The same by what they are about: `{ contact: { name: … } }`. */
export type SampleGroups = { [G in GroupOf<MergeField>]: { [N in NameIn<G, MergeField>]: string } }

export const samplesOf = (groups: SampleGroups): Samples =>
  Object.fromEntries(Object.entries(groups).flatMap(([group, names]) => Object.entries(names).map(([name, value]) => [`${group}.${name}`, value]))) as Samples

/** `unknown` is no field of the server's, or braces that nothing closes; it would be refused. */
export type Part = { kind: 'plain' | 'value' | 'unknown'; text: string }

const FIELD = /\{\{((?:(?!\{\{|\}\})[^\n])*)\}\}|\{\{(?:(?!\{\{)[^\n])*/g

/** The text in parts, each field with its sample. */
export function partsOf(text: string, samples: Samples): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of text.matchAll(FIELD)) {
    if (match.index > from) parts.push({ kind: 'plain', text: text.slice(from, match.index) })
    const name = match[1]?.split('|')[0]?.trim() ?? ''
    const sample = Object.hasOwn(samples, name) ? samples[name as MergeField] : undefined
    parts.push(sample === undefined ? { kind: 'unknown', text: match[0] } : { kind: 'value', text: sample })
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push({ kind: 'plain', text: text.slice(from) })
  return parts
}

/** A shortcut as the server keeps it: `Chào hỏi!` → `chao-hoi`. */
export const shortcutOf = (name: string): string =>
  name.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40)
