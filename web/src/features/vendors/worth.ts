/** Where a vendor's leads go and what one is worth, and the other things that are said of a vendor, as forms hold them. */
import type { Pipeline, Vendor, VendorInput } from '@/lib/api/types'
import { minorUnits, typed } from '@/lib/money'

/** `pipeline_id` null: the default one; `value` as it is typed. */
export type Worth = { pipeline_id: number | null; source: string; value: string }
export type Profile = Worth & { name: string; contact_name: string; contact_email: string; phone: string; description: string }

type Stored = { pipeline_id?: number | null; source?: string; lead_value?: number | null }

export const currencyOf = (pipelines: Pipeline[], id: number | null | undefined): string =>
  (pipelines.find(one => one.id === id) ?? pipelines.find(one => one.is_default))?.currency ?? 'USD'

export const worthOf = (stored: Stored, currency: string): Worth => ({
  pipeline_id: stored.pipeline_id ?? null, source: stored.source ?? '', value: typed(stored.lead_value ?? null, currency),
})

export const profileOf = (vendor: Vendor, currency: string): Profile => ({
  ...worthOf(vendor, currency),
  name: vendor.name, contact_name: vendor.contact_name ?? '', contact_email: vendor.contact_email ?? '', phone: vendor.phone ?? '', description: vendor.description ?? '',
})

/** What the form changes of the vendor, as the server takes it: what was emptied is null. Null where the value is no amount. */
export function changesOf(form: Profile, vendor: Vendor, currency: string): VendorInput | null {
  const value = minorUnits(form.value, currency)
  if (value === undefined) return null
  const wanted = {
    name: form.name.trim(), contact_name: form.contact_name.trim() || null, contact_email: form.contact_email.trim() || null,
    phone: form.phone.trim() || null, description: form.description.trim() || null, source: form.source.trim(),
    pipeline_id: form.pipeline_id ?? vendor.pipeline_id, lead_value: value,
  }
  const now: Record<string, unknown> = vendor
  return Object.fromEntries(Object.entries(wanted).filter(([key, one]) => one !== (now[key] ?? null)))
}
