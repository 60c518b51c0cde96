import { describe, expect, it } from 'vitest'
import { changesOf, currencyOf, profileOf, worthOf } from '@/features/vendors/worth'
import type { Pipeline, Vendor } from '@/lib/api/types'

const vendor = {
  code: 'ACME', name: 'Acme', contact_name: 'Ann', contact_email: null, phone: '+14155550100', description: null, pipeline_id: 2, source: 'vendor', lead_value: 3500,
} as Vendor

describe('what is said of a vendor', () => {
  it('is sent only where it was changed', () => {
    const form = profileOf(vendor, 'USD')
    expect(form).toMatchObject({ value: '35', contact_email: '', pipeline_id: 2 })
    expect(changesOf(form, vendor, 'USD')).toEqual({})
    expect(changesOf({ ...form, name: ' Acme Media ', contact_name: ' ', value: '40.5' }, vendor, 'USD')).toEqual({ name: 'Acme Media', contact_name: null, lead_value: 4050 })
    expect(changesOf({ ...form, value: '' }, vendor, 'USD')).toEqual({ lead_value: null })
    expect(changesOf({ ...form, value: 'much' }, vendor, 'USD')).toBeNull()
  })
  it('counts in the currency of its pipeline', () => {
    const pipelines = [{ id: 1, is_default: true, currency: 'VND' }, { id: 2, is_default: false, currency: 'USD' }] as Pipeline[]
    expect([currencyOf(pipelines, 2), currencyOf(pipelines, null), currencyOf([], 2)]).toEqual(['USD', 'VND', 'USD'])
    expect(worthOf({ lead_value: 50_000 }, 'VND')).toEqual({ pipeline_id: null, source: '', value: '50000' })
  })
})
