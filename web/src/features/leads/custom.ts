/** The pipeline's own fields, as they are read and typed. */
import type { LeadField } from '@/lib/api/types'

/** A value as a field to type it into has it. */
export const customTyped = (value: unknown): string => (value === undefined || value === null ? '' : String(value))

/**
 * What was typed, as the server takes it; null takes the value out. What is no number is sent as it was typed: what is
 * wrong with it is for the server to say.
 */
export function customValue(kind: LeadField['kind'], text: string): unknown {
  const plain = text.trim()
  if (plain === '') return null
  if (kind === 'bool') return plain === 'true'
  if (kind === 'number') {
    const number = Number(plain.replace(',', '.'))
    return Number.isFinite(number) ? number : plain
  }
  return plain
}
