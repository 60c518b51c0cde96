import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Building2, Plus, UserPlus, X } from 'lucide-react'
import { useState } from 'react'
import { keys } from '@/lib/api/keys'
import { changeDepartment, createDepartment, departmentsQuery, peopleQuery, setMembers } from '@/lib/api/staff'
import type { Department, DepartmentChange, Strategy } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Check, Input, SelectField } from '@/ui/field'
import { Picker } from '@/ui/picker'
import { Empty, Failed, FormError, Skeleton } from '@/ui/states'

const STRATEGIES: Strategy[] = ['score', 'round_robin', 'capacity_based', 'manual']

export function DepartmentsTab() {
  const t = useT()
  const me = useMe()
  const mayWrite = can(me, 'departments.write')
  const query = useQuery(departmentsQuery)
  return (
    <section aria-label={t('routing.departments')} className="space-y-4">
      {mayWrite && <NewDepartment />}
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data?.length === 0 && <Empty icon={Building2} title={t('department.none')} text={t('department.noneText')} />}
      <div className="grid gap-4 md:grid-cols-2">
        {query.data?.map(department => <DepartmentCard key={department.id} department={department} mayWrite={mayWrite} />)}
      </div>
    </section>
  )
}

function NewDepartment() {
  const t = useT()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const add = useMutation({
    mutationFn: () => createDepartment({ name: name.trim() }),
    onSuccess: () => {
      setName('')
      void client.invalidateQueries({ queryKey: keys.departments })
    },
  })
  return (
    <form
      aria-label={t('department.add')}
      className="space-y-2"
      onSubmit={event => {
        event.preventDefault()
        if (name.trim()) add.mutate()
      }}
    >
      <div className="flex gap-2">
        <Input aria-label={t('user.name')} placeholder={t('department.name')} value={name} onChange={e => setName(e.target.value)} className="w-60!" required />
        <Button type="submit" variant="solid" size="md" disabled={add.isPending}><Plus size={14} aria-hidden /> {t('department.add')}</Button>
      </div>
      {add.error && <FormError>{add.error.message}</FormError>}
    </form>
  )
}

function DepartmentCard({ department, mayWrite }: { department: Department; mayWrite: boolean }) {
  const t = useT()
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: (input: DepartmentChange) => changeDepartment(department.id, input, department.version),
    onSettled: () => client.invalidateQueries({ queryKey: keys.departments }),
    onError: (error, input) => toastFailure(error.message, () => change.mutate(input)),
  })
  return (
    <article aria-label={department.name} className="space-y-3 rounded-xl border bg-panel p-4">
      <header className="flex items-center gap-2">
        <h2 className="min-w-0 flex-1 truncate font-semibold">{department.name}</h2>
        {department.is_fallback && <Badge tone="accent">{t('department.fallback')}</Badge>}
        {!department.is_active && <Badge>{t('department.inactive')}</Badge>}
      </header>
      <SelectField
        label={t('department.strategy')}
        hint={t(`strategyHint.${department.strategy}`)}
        value={department.strategy}
        disabled={!mayWrite}
        onChange={e => change.mutate({ strategy: e.target.value as Strategy })}
      >
        {STRATEGIES.map(strategy => <option key={strategy} value={strategy}>{t(`strategy.${strategy}`)}</option>)}
      </SelectField>
      <div className="flex flex-wrap gap-x-5 gap-y-1.5">
        <Check label={t('department.usesShifts')} checked={department.uses_shifts} disabled={!mayWrite} onChange={e => change.mutate({ uses_shifts: e.target.checked })} />
        <Check label={t('department.fallback')} checked={department.is_fallback} disabled={!mayWrite} onChange={e => change.mutate({ is_fallback: e.target.checked })} />
        <Check label={t('department.active')} checked={department.is_active} disabled={!mayWrite} onChange={e => change.mutate({ is_active: e.target.checked })} />
      </div>
      <Members department={department} mayWrite={mayWrite} />
    </article>
  )
}

function Members({ department, mayWrite }: { department: Department; mayWrite: boolean }) {
  const t = useT()
  const client = useQueryClient()
  const people = useQuery({ ...peopleQuery, enabled: mayWrite })
  const [isOpen, setOpen] = useState(false)
  const save = useMutation({
    mutationFn: (members: Department['members']) =>
      setMembers(department.id, members.map(({ user_id, is_manager, is_primary }) => ({ user_id, is_manager, is_primary }))),
    onMutate: members => {
      client.setQueryData<Department[]>(keys.departments, list => list?.map(d => (d.id === department.id ? { ...d, members } : d)))
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: keys.departments }), client.invalidateQueries({ queryKey: keys.users })]),
    onError: (error, members) => toastFailure(error.message, () => save.mutate(members)),
  })
  const toggle = (id: string) => {
    const person = people.data?.find(user => String(user.id) === id)
    if (!person) return
    const isIn = department.members.some(member => member.user_id === person.id)
    const added = { user_id: person.id, name: person.name, is_manager: false, is_primary: person.departments.length === 0 }
    save.mutate(isIn ? department.members.filter(member => member.user_id !== person.id) : [...department.members, added])
  }
  const setManager = (id: number, is_manager: boolean) =>
    save.mutate(department.members.map(member => (member.user_id === id ? { ...member, is_manager } : member)))
  return (
    <div>
      <div className="mb-1.5 flex items-center justify-between">
        <h3 className="text-xs font-semibold text-mute">{t('department.members', { n: department.members.length })}</h3>
        {mayWrite && (
          <Picker
            label={t('department.addMember')}
            open={isOpen}
            onOpenChange={setOpen}
            onPick={toggle}
            keepOpen
            items={(people.data ?? []).map(user => ({ id: String(user.id), text: user.name, chosen: department.members.some(m => m.user_id === user.id) }))}
            trigger={<Button variant="ghost"><UserPlus size={13} aria-hidden /> {t('department.addMember')}</Button>}
          />
        )}
      </div>
      {department.members.length === 0 && <p className="text-mute">{t('department.noMembers')}</p>}
      <ul className="divide-y">
        {department.members.map(member => (
          <li key={member.user_id} className="flex items-center gap-3 py-1">
            <span className="min-w-0 flex-1 truncate">{member.name}</span>
            <Check
              label={<span className="text-xs text-mute">{t('department.manager')}<span className="sr-only">: {member.name}</span></span>}
              checked={member.is_manager}
              disabled={!mayWrite}
              onChange={e => setManager(member.user_id, e.target.checked)}
            />
            {mayWrite && (
              <Button variant="ghost" size="tiny" aria-label={t('department.removeMember', { name: member.name })} onClick={() => toggle(String(member.user_id))}>
                <X size={13} aria-hidden />
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
