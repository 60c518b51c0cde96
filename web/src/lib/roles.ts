import { useQuery } from '@tanstack/react-query'
import { rolesQuery } from '@/lib/api/staff'
import type { Role } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'

/** What the roles that come with the desk are called until somebody gives them another name. */
const USUAL: Record<Role, string> = { admin: 'Administrator', manager: 'Manager', agent: 'Agent' }

/** A role as it is called here: by the organisation's own name, or by the usual one in the reader's language. */
export function roleName(t: ReturnType<typeof useT>, role: Role, name?: string) {
  return name && name !== USUAL[role] ? name : t(`role.${role}`)
}

/** The same for roles that nobody on the page has. */
export function useRoleNames() {
  const t = useT()
  const { data } = useQuery({ ...rolesQuery, enabled: can(useMe(), 'roles.read') })
  return (role: Role) => roleName(t, role, data?.find(r => r.key === role)?.name)
}
