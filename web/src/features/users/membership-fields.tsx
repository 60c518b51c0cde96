import { useQuery } from '@tanstack/react-query'
import { departmentsQuery } from '@/lib/api/staff'
import type { MembershipInput } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { Check } from '@/ui/field'

type Props = { value: MembershipInput[]; onChange: (value: MembershipInput[]) => void }

/** Which departments somebody belongs to; the first chosen one is the primary. */
export function MembershipFields({ value, onChange }: Props) {
  const t = useT()
  const departments = useQuery(departmentsQuery)
  const toggle = (id: number, isIn: boolean) => {
    const rest = value.filter(m => m.department_id !== id)
    const next = isIn ? [...rest, { department_id: id, is_manager: false, is_primary: false }] : rest
    onChange(next.map((m, index) => ({ ...m, is_primary: next.some(other => other.is_primary) ? m.is_primary ?? false : index === 0 })))
  }
  const manage = (id: number, is_manager: boolean) => onChange(value.map(m => (m.department_id === id ? { ...m, is_manager } : m)))
  return (
    <fieldset>
      <legend className="mb-1 text-[12.5px] font-medium">{t('routing.departments')}</legend>
      <ul className="divide-y rounded-md border">
        {departments.data?.map(department => {
          const member = value.find(m => m.department_id === department.id)
          return (
            <li key={department.id} className="flex items-center justify-between px-3 py-1.5">
              <Check label={department.name} checked={member !== undefined} onChange={e => toggle(department.id, e.target.checked)} />
              {member && (
                <Check
                  label={<span className="text-xs text-mute">{t('department.manager')}<span className="sr-only">: {department.name}</span></span>}
                  checked={member.is_manager ?? false}
                  onChange={e => manage(department.id, e.target.checked)}
                />
              )}
            </li>
          )
        })}
      </ul>
    </fieldset>
  )
}
