import type { Lead } from '@/lib/api/types'

export type OtherAddress = { type: string; value: string; contact_id: number }

const isOne = (one: unknown): one is OtherAddress => {
  const { type, value, contact_id } = (one ?? {}) as Record<string, unknown>
  return typeof type === 'string' && typeof value === 'string' && Number.isSafeInteger(contact_id) && (contact_id as number) > 0
}

/** Addresses of others that came with a lead. Anybody may have written what stands there under the same name. */
export function otherAddresses(lead: Pick<Lead, 'metadata' | 'contact_id'>): OtherAddress[] {
  const told = (lead.metadata as Record<string, unknown>).other_addresses
  return Array.isArray(told) ? told.filter(isOne).filter(one => one.contact_id !== lead.contact_id) : []
}
