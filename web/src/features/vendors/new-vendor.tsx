import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { STRATEGIES } from '@/features/vendors/rules'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { createVendor, fetchVendorDefaults } from '@/lib/api/vendors'
import type { CreatedVendor, VendorStrategy } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, SelectField, TextArea } from '@/ui/field'
import { FormError } from '@/ui/states'

/** A vendor with its first key. */
export function NewVendorDialog({ onOpenChange, onMade }: { onOpenChange: (open: boolean) => void; onMade: (made: CreatedVendor) => void }) {
  const t = useT()
  const client = useQueryClient()
  const [fields, setFields] = useState({ name: '', code: '', email: '', description: '', strategy: null as VendorStrategy | null })
  const defaults = useQuery({ queryKey: keys.vendorDefaults, queryFn: fetchVendorDefaults })
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  const make = useMutation({
    mutationFn: () =>
      createVendor({
        name: fields.name.trim(),
        vendor_code: fields.code.trim() || null,
        contact_email: fields.email.trim() || null,
        description: fields.description.trim() || null,
        ...(fields.strategy ? { strategy: fields.strategy } : {}),
      }),
    onSuccess: made => {
      void client.invalidateQueries({ queryKey: keys.vendors })
      onOpenChange(false)
      onMade(made)
    },
  })
  const problem = make.error instanceof Problem ? make.error : null
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('vendor.new')} stays>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <Field label={t('vendor.name')} required maxLength={200} value={fields.name} error={problem?.field('name')} onChange={e => set({ name: e.target.value })} />
        <Field label={t('vendor.code')} hint={t('vendor.codeHint')} maxLength={40} value={fields.code} error={problem?.field('vendor_code')} onChange={e => set({ code: e.target.value })} />
        <Field label={t('lead.email')} type="email" value={fields.email} error={problem?.field('contact_email')} onChange={e => set({ email: e.target.value })} />
        <SelectField label={t('vendor.strategy')} value={fields.strategy ?? defaults.data?.strategy ?? 'round_robin'} onChange={e => set({ strategy: e.target.value as VendorStrategy })}>
          {STRATEGIES.map(strategy => <option key={strategy} value={strategy}>{t(`vendor.strategy.${strategy}`)}</option>)}
        </SelectField>
        <TextArea label={t('task.description')} maxLength={2000} value={fields.description} onChange={e => set({ description: e.target.value })} />
        {make.error && <FormError>{make.error.message}</FormError>}
        <Button type="submit" variant="solid" size="md" disabled={make.isPending || !fields.name.trim()}>{t('vendor.create')}</Button>
      </form>
    </Dialog>
  )
}
