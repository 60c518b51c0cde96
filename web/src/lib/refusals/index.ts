/** The server speaks English; what it refuses is said in the language of the desk. */
import { locale } from '@/lib/i18n'

type Said = { codes: Record<string, string>; faults: Record<string, string>; sentences: Record<string, string> }
export type Refusal = (kind: 'codes' | 'faults', code: string, text: string) => string

/** How refusals are said now. A sentence that is not known is said by its code, and one whose code is not known as it came. */
export async function refusals(): Promise<Refusal> {
  if (locale() === 'en') return (_kind, _code, text) => text
  const { vi } = await import('@/lib/refusals/vi')
  return (kind, code, text) => sentence(vi, text) ?? vi[kind][code] ?? text
}

/** Numbers in a sentence are holes of its pattern, in their order. */
function sentence(said: Said, text: string): string | undefined {
  const numbers = text.match(/\d+/g) ?? []
  const found = said.sentences[text.replace(/\d+/g, '{}')]
  let n = 0
  return found?.replace(/\{\}/g, () => numbers[n++] ?? '')
}
