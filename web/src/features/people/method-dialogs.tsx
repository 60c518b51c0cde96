import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { addressKind } from '@/features/people/labels'
import { changeMethod } from '@/lib/api/contacts'
import { Problem } from '@/lib/api/problem'
import type { ContactMethod } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Field, SelectField } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

/** What people type in; the channels file their own addresses. */
const KINDS = ['phone', 'email', 'whatsapp', 'zalo', 'telegram', 'messenger', 'instagram', 'x', 'line', 'viber', 'other']

type Props = { contact: number; method?: ContactMethod; onOpenChange: (open: boolean) => void }

/** A new address, or another spelling of one. Whose it is already says the server. */
export function MethodDialog({ contact, method, onOpenChange }: Props) {
  const t = useT()
  const { addAddress, refresh } = usePersonActions()
  const [kind, setKind] = useState(method?.kind ?? 'phone')
  const [value, setValue] = useState(method?.value ?? '')
  const save = useMutation({
    mutationFn: async () => {
      if (method) await changeMethod(method.id, { value: value.trim() })
      else await addAddress(contact, { kind, value: value.trim() })
    },
    onSuccess: () => {
      refresh(contact)
      onOpenChange(false)
    },
  })
  const problem = save.error instanceof Problem ? save.error : null
  const name = kind === 'phone' || kind === 'email' ? t(`person.method.${kind}`) : t('person.methodValue', { channel: addressKind(kind) })
  return (
    <FormDialog
      title={t(method ? 'person.editMethod' : 'person.addMethod')}
      submit={t('common.save')}
      error={save.error}
      isPending={save.isPending}
      onSubmit={() => save.mutate()}
      onOpenChange={onOpenChange}
    >
      {!method && (
        <SelectField label={t('person.methodKind')} value={kind} error={problem?.field('kind')} onChange={event => setKind(event.target.value)}>
          {KINDS.map(one => <option key={one} value={one}>{addressKind(one)}</option>)}
        </SelectField>
      )}
      <Field
        label={name}
        type={kind === 'phone' ? 'tel' : kind === 'email' ? 'email' : 'text'}
        required
        maxLength={320}
        value={value}
        error={problem?.field('value')}
        onChange={event => setValue(event.target.value)}
      />
    </FormDialog>
  )
}

/** Where somebody agreed to be written to or called. */
export function ConsentDialog({ contact, method, onOpenChange }: Required<Props>) {
  const t = useT()
  const { refresh } = usePersonActions()
  const [source, setSource] = useState('')
  const save = useMutation({
    mutationFn: () => changeMethod(method.id, { consent: true, ...(source.trim() ? { consent_source: source.trim() } : {}) }),
    onSuccess: () => {
      refresh(contact)
      onOpenChange(false)
    },
  })
  return (
    <FormDialog
      title={t('person.giveConsent')}
      description={t('person.consentHint', { value: method.value })}
      submit={t('common.save')}
      error={save.error}
      isPending={save.isPending}
      onSubmit={() => save.mutate()}
      onOpenChange={onOpenChange}
    >
      <Field label={t('person.consentSource')} hint={t('person.consentSourceHint')} maxLength={200} value={source} onChange={event => setSource(event.target.value)} />
    </FormDialog>
  )
}
