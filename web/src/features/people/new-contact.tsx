import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { changeContact, createContact } from '@/lib/api/contacts'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import type { Contact, ContactKind, Named } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Field } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

type Props = { kind: ContactKind; company?: Named; onOpenChange: (open: boolean) => void }

/** A person or a company by hand. An address that somebody has already is refused, with whose it is. */
export function NewContactDialog({ kind, company, onOpenChange }: Props) {
  const t = useT()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [fields, setFields] = useState({ name: '', phone: '', email: '' })
  const set = (change: Partial<typeof fields>) => setFields(old => ({ ...old, ...change }))
  const given = (['phone', 'email'] as const).filter(one => fields[one].trim())
  const make = useMutation({
    mutationFn: async (): Promise<Contact> => {
      const made = await createContact({ name: fields.name.trim(), kind, methods: given.map(one => ({ kind: one, value: fields[one].trim() })) })
      return company ? changeContact(made.id, { company_id: company.id }) : made
    },
    onSuccess: made => {
      onOpenChange(false)
      void navigate({ to: '/people/$contact', params: { contact: String(made.id) } })
    },
    onSettled: () => void client.invalidateQueries({ queryKey: keys.contactLists }),
  })
  const problem = make.error instanceof Problem ? make.error : null
  const fault = (one: 'phone' | 'email') => problem?.field(`methods.${given.indexOf(one)}.value`)
  const typed = (one: keyof typeof fields) => (event: { target: { value: string } }) => set({ [one]: event.target.value })
  return (
    <FormDialog
      title={company ? t('person.newAt', { company: company.name }) : t(`person.new.${kind}`)}
      submit={t('person.create')}
      error={make.error}
      isPending={make.isPending}
      onSubmit={() => make.mutate()}
      onOpenChange={onOpenChange}
    >
      <Field label={t('person.name')} required maxLength={200} value={fields.name} error={problem?.field('name')} onChange={typed('name')} />
      <Field label={t('person.method.phone')} type="tel" value={fields.phone} error={fault('phone')} onChange={typed('phone')} />
      <Field label={t('person.method.email')} type="email" value={fields.email} error={fault('email')} onChange={typed('email')} />
    </FormDialog>
  )
}
