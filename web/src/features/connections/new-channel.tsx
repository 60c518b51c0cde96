import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { createChannel } from '@/lib/api/admin'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { departmentsQuery } from '@/lib/api/staff'
import type { NewChannel as Input } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { channelName } from '@/ui/channel-icon'
import { Field, SelectField } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

const KINDS = ['facebook', 'instagram', 'whatsapp', 'zalo', 'telegram', 'twitter', 'generic', 'chat', 'chatbot']
const META = ['facebook', 'instagram', 'whatsapp']
const START = { kind: 'facebook', account_id: '', name: '', secret: '', verify_token: '', app_id: '', callback_url: '', department: '' }
type Form = typeof START

/** What was left empty is not sent, and neither is what the kind has no use for. */
function inputOf(form: Form): Input {
  const said = (key: 'name' | 'secret' | 'verify_token' | 'app_id' | 'callback_url', isWanted = true) =>
    isWanted && form[key].trim() ? { [key]: form[key].trim() } : {}
  return {
    kind: form.kind,
    account_id: form.account_id.trim(),
    ...said('name'),
    ...said('secret'),
    ...said('verify_token', META.includes(form.kind)),
    ...said('app_id', form.kind === 'zalo'),
    ...said('callback_url', form.kind === 'generic'),
    ...(form.department ? { department_id: Number(form.department) } : {}),
  }
}

export function NewChannel({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
  const departments = useQuery(departmentsQuery)
  const [form, setForm] = useState(START)
  const set = (change: Partial<Form>) => setForm(old => ({ ...old, ...change }))
  const create = useMutation({
    mutationFn: () => createChannel(inputOf(form)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.channels })
      onOpenChange(false)
    },
  })
  const problem = create.error instanceof Problem ? create.error : null
  return (
    <FormDialog title={t('channel.add')} description={t('channel.addText')} submit={t('channel.create')} error={create.error} isPending={create.isPending} onSubmit={() => create.mutate()} onOpenChange={onOpenChange}>
      <SelectField label={t('ticket.channel')} value={form.kind} onChange={e => set({ kind: e.target.value })} error={problem?.field('kind')}>
        {KINDS.map(kind => <option key={kind} value={kind}>{channelName(kind)}</option>)}
      </SelectField>
      <Field label={t('channel.account')} hint={t('channel.accountHint')} value={form.account_id} onChange={e => set({ account_id: e.target.value })} error={problem?.field('account_id')} required />
      <Field label={t('user.name')} value={form.name} onChange={e => set({ name: e.target.value })} error={problem?.field('name')} />
      <Field label={t('channel.secret')} hint={t('channel.secretHint')} type="password" autoComplete="off" value={form.secret} onChange={e => set({ secret: e.target.value })} error={problem?.field('secret')} />
      {META.includes(form.kind) && (
        <Field label={t('channel.verifyToken')} hint={t('channel.verifyTokenHint')} value={form.verify_token} onChange={e => set({ verify_token: e.target.value })} error={problem?.field('verify_token')} />
      )}
      {form.kind === 'zalo' && <Field label={t('channel.appId')} value={form.app_id} onChange={e => set({ app_id: e.target.value })} error={problem?.field('app_id')} />}
      {form.kind === 'generic' && (
        <Field label={t('channel.callback')} hint={t('channel.callbackHint')} type="url" value={form.callback_url} onChange={e => set({ callback_url: e.target.value })} error={problem?.field('callback_url')} />
      )}
      <SelectField label={t('ticket.department')} hint={t('channel.departmentHint')} value={form.department} onChange={e => set({ department: e.target.value })} error={problem?.field('department_id')}>
        <option value="">{t('keyword.noDepartment')}</option>
        {departments.data?.filter(d => d.is_active).map(d => <option key={d.id} value={d.id}>{d.name}</option>)}
      </SelectField>
    </FormDialog>
  )
}
