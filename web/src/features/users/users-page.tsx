import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { UserPlus, Users } from 'lucide-react'
import { useEffect, useState } from 'react'
import { EditUser } from '@/features/users/edit-user'
import { NewUserDialog } from '@/features/users/new-user'
import { keys } from '@/lib/api/keys'
import { fetchUsers } from '@/lib/api/staff'
import type { User } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { roleName } from '@/lib/roles'
import { shortAge, useNow } from '@/lib/time'
import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Input } from '@/ui/field'
import { PresenceDot } from '@/ui/presence-dot'
import { Empty, Failed, Skeleton } from '@/ui/states'

const route = getRouteApi('/desk/users')
const CELL = 'px-4 py-2'

export function UsersPage() {
  const t = useT()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isAdding, setAdding] = useState(false)
  const filter = search.q ? { search: search.q } : {}
  const query = useQuery({ queryKey: keys.userSearch(filter), queryFn: () => fetchUsers(filter), placeholderData: old => old })
  const users = query.data?.users
  const edited = users?.find(user => user.id === search.u)
  const edit = (id: number | undefined) => void navigate({ search: old => ({ ...old, u: id }) })
  useEffect(() => {
    document.title = `${t('nav.users')} · Frontdesk`
  }, [t])
  return (
    <main className="min-w-0 flex-1 overflow-auto p-6 max-sm:p-4">
      <div className="max-w-5xl space-y-4">
        <div className="flex flex-wrap items-center gap-3">
          <h1 className="text-[15px] font-semibold">{t('nav.users')}</h1>
          <Input type="search" aria-label={t('users.search')} placeholder={t('users.search')} value={search.q ?? ''} onChange={e => void navigate({ search: old => ({ ...old, q: e.target.value || undefined }), replace: true })} className="max-w-64" />
          <Button variant="solid" size="md" className="ml-auto" onClick={() => setAdding(true)}><UserPlus size={14} aria-hidden /> {t('users.add')}</Button>
        </div>
        {query.isPending && <Skeleton className="h-64" />}
        {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
        {users?.length === 0 && <Empty icon={Users} title={t('common.nothingFound')} />}
        {users && users.length > 0 && <UserTable users={users} edit={edit} />}
      </div>
      {isAdding && <NewUserDialog onOpenChange={setAdding} />}
      {edited && <EditUser key={edited.id} user={edited} onOpenChange={open => !open && edit(undefined)} />}
    </main>
  )
}

function UserTable({ users, edit }: { users: User[]; edit: (id: number) => void }) {
  const t = useT()
  const now = useNow()
  return (
    <div className="relative overflow-x-auto rounded-xl border bg-panel">
      <table className="w-full text-left">
        <thead className="border-b text-xs text-mute">
          <tr>
            <th scope="col" className={CELL}>{t('user.name')}</th>
            <th scope="col" className={CELL}>{t('user.role')}</th>
            <th scope="col" className={CELL}>{t('routing.departments')}</th>
            <th scope="col" className={CELL}>{t('ticket.status')}</th>
            <th scope="col" className={CELL}>{t('user.load')}</th>
            <th scope="col" className={CELL}>{t('user.lastLogin')}</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {users.map(user => (
            <tr key={user.id} className="hover:bg-raised">
              <th scope="row" className={`${CELL} font-normal`}>
                <button type="button" onClick={() => edit(user.id)} className="flex items-center gap-2.5 text-left">
                  <Avatar name={user.name} size={28} />
                  <span>
                    <span className="block font-medium">{user.name}</span>
                    <span className="block text-xs text-mute">{user.email}</span>
                  </span>
                </button>
              </th>
              <td className={CELL}>{roleName(t, user.role, user.role_name)}</td>
              <td className={`${CELL} text-mute`}>{user.departments.map(d => d.name).join(', ') || '–'}</td>
              <td className={CELL}>
                {user.is_active ? (
                  <span className="flex items-center gap-1.5"><PresenceDot status={user.status} /> {t(`presence.${user.status}`)}</span>
                ) : (
                  <Badge>{t('department.inactive')}</Badge>
                )}
              </td>
              <td className={`${CELL} tabular-nums`}>{user.load}/{user.capacity}</td>
              <td className={`${CELL} text-mute`}>{user.last_login_at ? shortAge(user.last_login_at, now) : t('user.never')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
