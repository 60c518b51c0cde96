import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Copy } from 'lucide-react'
import { useState } from 'react'
import { MembershipFields } from '@/features/users/membership-fields'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { createUser } from '@/lib/api/staff'
import type { CreatedUser, MembershipInput, Role } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Input, SelectField } from '@/ui/field'
import { FormError } from '@/ui/states'

export const ROLES: Role[] = ['agent', 'manager', 'admin']

export function NewUserDialog({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
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
  if (create.data) return <OneTimeLink created={create.data} onOpenChange={onOpenChange} />
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('users.add')} description={t('users.addText')}>
      <form
        className="space-y-3.5"
        onSubmit={event => {
          event.preventDefault()
          create.mutate()
        }}
      >
        {create.error && (problem?.fields.length ?? 0) === 0 && <FormError>{create.error.message}</FormError>}
        <Field label={t('user.name')} value={name} onChange={e => setName(e.target.value)} error={problem?.field('name')} required />
        <Field label={t('user.email')} type="email" value={email} onChange={e => setEmail(e.target.value)} error={problem?.field('email')} required />
        <SelectField label={t('user.role')} hint={t(`roleHint.${role}`)} value={role} onChange={e => setRole(e.target.value as Role)} error={problem?.field('role')}>
          {ROLES.map(value => <option key={value} value={value}>{t(`role.${value}`)}</option>)}
        </SelectField>
        <MembershipFields value={departments} onChange={setDepartments} />
        <div className="flex justify-end gap-2 pt-1">
          <Button size="md" onClick={() => onOpenChange(false)}>{t('common.cancel')}</Button>
          <Button size="md" variant="solid" type="submit" disabled={create.isPending}>{t('users.create')}</Button>
        </div>
      </form>
    </Dialog>
  )
}

function OneTimeLink({ created, onOpenChange }: { created: CreatedUser; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const link = created.invite_link
  const copy = () => {
    if (link) void navigator.clipboard.writeText(link).then(() => toast(t('common.copied')))
  }
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('users.created', { name: created.user.name })} description={link ? t('users.linkText') : t('users.mailed')}>
      {link && (
        <div className="flex gap-2">
          <Input aria-label={t('users.link')} readOnly value={link} onFocus={e => e.currentTarget.select()} />
          <Button size="md" variant="solid" onClick={copy}><Copy size={14} aria-hidden /> {t('common.copy')}</Button>
        </div>
      )}
      <div className="mt-4 flex justify-end">
        <Button size="md" onClick={() => onOpenChange(false)}>{t('common.close')}</Button>
      </div>
    </Dialog>
  )
}
