import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { MembershipFields } from '@/features/users/membership-fields'
import { ROLES } from '@/features/users/new-user'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { changeUser, deactivateUser } from '@/lib/api/staff'
import type { MembershipInput, Role, User } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { useRoleNames } from '@/lib/roles'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, SelectField } from '@/ui/field'
import { FormError } from '@/ui/states'

export function EditUser({ user, onOpenChange }: { user: User; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const named = useRoleNames()
  const [name, setName] = useState(user.name)
  const [email, setEmail] = useState(user.email)
  const [role, setRole] = useState<Role>(user.role)
  const [capacity, setCapacity] = useState(String(user.capacity))
  const [departments, setDepartments] = useState<MembershipInput[]>(
    user.departments.map(d => ({ department_id: d.id, is_manager: d.is_manager, is_primary: d.is_primary })),
  )
  const done = (said: string) => {
    void client.invalidateQueries({ queryKey: keys.users })
    void client.invalidateQueries({ queryKey: keys.departments })
    toast(said)
    onOpenChange(false)
  }
  const save = useMutation({
    mutationFn: () => changeUser(user.id, { name: name.trim(), email: email.trim(), role, capacity: Number(capacity), departments }, user.version),
    onSuccess: () => done(t('common.saved')),
  })
  const activity = useMutation({
    mutationFn: async () => {
      if (user.is_active) await deactivateUser(user.id)
      else await changeUser(user.id, { is_active: true }, user.version)
    },
    onSuccess: () => done(user.is_active ? t('users.deactivated', { name: user.name }) : t('users.activated', { name: user.name })),
  })
  const error = save.error ?? activity.error
  const problem = error instanceof Problem ? error : null
  return (
    <Dialog open onOpenChange={onOpenChange} title={user.name} description={`@${user.username}`}>
      <form
        className="space-y-3.5"
        onSubmit={event => {
          event.preventDefault()
          save.mutate()
        }}
      >
        {error && (problem?.fields.length ?? 0) === 0 && (
          <FormError>{problem?.code === 'has_open_work' ? t('users.hasWork') : problem?.code === 'stale_version' ? t('ticket.stale') : error.message}</FormError>
        )}
        <Field label={t('user.name')} value={name} onChange={e => setName(e.target.value)} error={problem?.field('name')} required />
        <Field label={t('user.email')} type="email" value={email} onChange={e => setEmail(e.target.value)} error={problem?.field('email')} required />
        <div className="grid grid-cols-2 gap-3">
          <SelectField label={t('user.role')} value={role} onChange={e => setRole(e.target.value as Role)} error={problem?.field('role')}>
            {ROLES.map(value => <option key={value} value={value}>{named(value)}</option>)}
          </SelectField>
          <Field label={t('user.capacity')} type="number" min={0} max={500} value={capacity} onChange={e => setCapacity(e.target.value)} error={problem?.field('capacity')} required />
        </div>
        <MembershipFields value={departments} onChange={setDepartments} />
        <div className="flex gap-2 pt-1">
          {user.id !== me.id && (
            <Button size="md" variant={user.is_active ? 'danger' : 'outline'} disabled={activity.isPending} onClick={() => activity.mutate()}>
              {user.is_active ? t('users.deactivate') : t('users.activate')}
            </Button>
          )}
          <Button size="md" className="ml-auto" onClick={() => onOpenChange(false)}>{t('common.cancel')}</Button>
          <Button size="md" variant="solid" type="submit" disabled={save.isPending}>{t('common.save')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
