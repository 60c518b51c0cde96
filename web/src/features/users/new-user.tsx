import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { MembershipFields } from '@/features/users/membership-fields'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { createUser } from '@/lib/api/staff'
import type { MembershipInput, Role } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useRoleNames } from '@/lib/roles'
import { Field, SelectField } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'
import { SecretOnce } from '@/ui/secret-once'

export const ROLES: Role[] = ['agent', 'manager', 'admin']

export function NewUserDialog({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
  const named = useRoleNames()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('agent')
  const [departments, setDepartments] = useState<MembershipInput[]>([])
  const create = useMutation({
    mutationFn: () => createUser({ name: name.trim(), email: email.trim(), role, departments }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.users })
      void client.invalidateQueries({ queryKey: keys.departments })
    },
  })
  const problem = create.error instanceof Problem ? create.error : null
  if (create.data) {
    const { user, invite_link: link } = create.data
    return <SecretOnce title={t('users.created', { name: user.name })} description={link ? t('users.linkText') : t('users.mailed')} label={t('users.link')} secret={link} onOpenChange={onOpenChange} />
  }
  return (
    <FormDialog title={t('users.add')} description={t('users.addText')} submit={t('users.create')} error={create.error} isPending={create.isPending} onSubmit={() => create.mutate()} onOpenChange={onOpenChange}>
      <Field label={t('user.name')} value={name} onChange={e => setName(e.target.value)} error={problem?.field('name')} required />
      <Field label={t('user.email')} type="email" value={email} onChange={e => setEmail(e.target.value)} error={problem?.field('email')} required />
      <SelectField label={t('user.role')} hint={t(`roleHint.${role}`)} value={role} onChange={e => setRole(e.target.value as Role)} error={problem?.field('role')}>
        {ROLES.map(value => <option key={value} value={value}>{named(value)}</option>)}
      </SelectField>
      <MembershipFields value={departments} onChange={setDepartments} />
    </FormDialog>
  )
}
