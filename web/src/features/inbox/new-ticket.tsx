import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { PRIORITIES } from '@/features/inbox/filter'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { createTicket } from '@/lib/api/tickets'
import type { Priority } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { rowOf } from '@/lib/live/lists'
import { placeTicket } from '@/lib/live/applier'
import { channelName, CHANNELS } from '@/ui/channel-icon'
import { Field, SelectField, TextArea } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

const START = { channel: 'email', identity: '', name: '', subject: '', message: '', priority: 'medium' as Priority }

export function NewTicket({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [form, setForm] = useState(START)
  const set = (change: Partial<typeof START>) => setForm(old => ({ ...old, ...change }))
  const create = useMutation({
    mutationFn: () =>
      createTicket({
        source: { channel: form.channel },
        customer: {
          channel_identity: form.identity.trim(),
          ...(form.name.trim() ? { name: form.name.trim() } : {}),
          ...(form.channel === 'email' ? { primary_email: form.identity.trim() } : {}),
        },
        subject: form.subject.trim(),
        initial_message: form.message.trim(),
        priority: form.priority,
      }),
    onSuccess: ticket => {
      client.setQueryData(keys.ticket(ticket.id), ticket)
      placeTicket(client, rowOf(ticket))
      void client.invalidateQueries({ queryKey: keys.counts })
      onOpenChange(false)
      void navigate({ to: '/inbox', search: { tab: 'all', t: ticket.id } })
    },
  })
  const problem = create.error instanceof Problem ? create.error : null
  const error = (field: string) => problem?.field(field)
  return (
    <FormDialog title={t('shell.newTicket')} description={t('newTicket.text')} submit={t('newTicket.create')} error={create.error} isPending={create.isPending} onSubmit={() => create.mutate()} onOpenChange={onOpenChange}>
      <div className="grid grid-cols-2 gap-3">
        <SelectField label={t('ticket.channel')} value={form.channel} onChange={e => set({ channel: e.target.value })} error={error('source.channel')}>
          {CHANNELS.map(channel => <option key={channel} value={channel}>{channelName(channel)}</option>)}
        </SelectField>
        <SelectField label={t('ticket.priority')} value={form.priority} onChange={e => set({ priority: e.target.value as Priority })} error={error('priority')}>
          {PRIORITIES.map(priority => <option key={priority} value={priority}>{t(`priority.${priority}`)}</option>)}
        </SelectField>
      </div>
      <Field label={t('newTicket.identity')} hint={t('newTicket.identityHint')} value={form.identity} onChange={e => set({ identity: e.target.value })} error={error('customer.channel_identity') ?? error('customer.primary_email')} required />
      <Field label={t('newTicket.name')} value={form.name} onChange={e => set({ name: e.target.value })} error={error('customer.name')} />
      <Field label={t('ticket.subject')} value={form.subject} onChange={e => set({ subject: e.target.value })} error={error('subject')} required />
      <TextArea label={t('newTicket.message')} value={form.message} onChange={e => set({ message: e.target.value })} error={error('initial_message')} required />
    </FormDialog>
  )
}
