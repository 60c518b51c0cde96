import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { changesOf, currencyOf, profileOf, type Profile } from '@/features/vendors/worth'
import { WorthFields } from '@/features/vendors/worth-fields'
import { keys } from '@/lib/api/keys'
import { messageOf, Problem } from '@/lib/api/problem'
import type { Pipeline, Vendor } from '@/lib/api/types'
import { changeVendor } from '@/lib/api/vendors'
import { useT } from '@/lib/i18n'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, TextArea } from '@/ui/field'
import { FormError } from '@/ui/states'

const SHOWN = ['name', 'contact_name', 'contact_email', 'phone', 'description', 'pipeline_id', 'source', 'lead_value']

/** How a vendor is called and reached, where its leads go and what one is worth. */
export function EditVendorDialog({ vendor, pipelines, onOpenChange }: { vendor: Vendor; pipelines: Pipeline[]; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
  const [read] = useState(vendor)
  const [form, setForm] = useState<Profile>(() => profileOf(vendor, currencyOf(pipelines, vendor.pipeline_id)))
  const set = (change: Partial<Profile>) => setForm(old => ({ ...old, ...change }))
  const changes = changesOf(form, read, currencyOf(pipelines, form.pipeline_id))
  const save = useMutation({
    mutationFn: (version: number) => changeVendor(vendor.code, changes ?? {}, version),
    onSuccess: changed => {
      toast(t('vendor.said.changed', { name: changed.name }))
      onOpenChange(false)
    },
    onSettled: () => void client.invalidateQueries({ queryKey: keys.vendors }),
  })
  const problem = save.error instanceof Problem ? save.error : null
  const isStale = problem?.code === 'stale_version'
  const besides = problem?.fields.filter(fault => !SHOWN.includes(fault.field)) ?? []
  const field = (name: 'name' | 'contact_name' | 'contact_email' | 'phone') => ({
    value: form[name], error: problem?.field(name), onChange: (e: { target: { value: string } }) => set({ [name]: e.target.value }),
  })
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('vendor.editNamed', { name: vendor.name })} wide stays>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          // Whoever was told that somebody was faster saves all the same.
          save.mutate(isStale ? vendor.version : read.version)
        }}
      >
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <Field label={t('vendor.name')} required maxLength={200} {...field('name')} />
          <Field label={t('portal.contact')} maxLength={200} {...field('contact_name')} />
          <Field label={t('lead.email')} type="email" maxLength={320} {...field('contact_email')} />
          <Field label={t('lead.phone')} type="tel" maxLength={50} {...field('phone')} />
        </div>
        <TextArea label={t('task.description')} maxLength={2000} value={form.description} error={problem?.field('description')} onChange={e => set({ description: e.target.value })} />
        <div className="grid items-start gap-3 border-t pt-4 sm:grid-cols-3">
          <WorthFields worth={form} set={set} pipelines={pipelines} problem={problem} />
        </div>
        {save.error && (
          <FormError>{isStale ? t('vendor.changedMeanwhile') : [messageOf(save.error), ...besides.map(fault => `${fault.field}: ${fault.message}`)].join(' ')}</FormError>
        )}
        <div className="flex justify-end gap-2">
          <Button size="md" onClick={() => onOpenChange(false)}>{t('common.cancel')}</Button>
          <Button size="md" variant="solid" type="submit" disabled={save.isPending || changes === null || !form.name.trim()}>{t(isStale ? 'vendor.saveAllTheSame' : 'common.save')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
