import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { departmentsQuery } from '@/lib/api/staff'
import { Problem } from '@/lib/api/problem'
import type { SavedView, SavedViewChange, SharedWith } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { SelectField } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'

type Props = { view: SavedView; error: Error | null; isPending: boolean; share: (change: SavedViewChange) => void; onOpenChange: (open: boolean) => void }

/** Who sees a view: its owner, a team, everybody; as far as one's role reaches. */
export function ShareView({ view, error, isPending, share, onOpenChange }: Props) {
  const t = useT()
  const me = useMe()
  const departments = useQuery(departmentsQuery)
  const isAdmin = can(me, 'views.write', 'all')
  const managed = me.departments.filter(department => department.is_manager).map(department => department.id)
  const teams = (departments.data ?? []).filter(department => department.is_active && (isAdmin || managed.includes(department.id) || department.id === view.department?.id))
  const [chosen, setChosen] = useState<SharedWith>(view.shared_with)
  const [team, setTeam] = useState(view.department?.id)
  const department = team ?? teams[0]?.id ?? null
  const problem = error instanceof Problem ? error : null
  return (
    <FormDialog
      title={t('view.share')}
      description={t('view.shareHint')}
      submit={t('common.save')}
      error={error}
      isPending={isPending}
      onSubmit={() => share({ shared_with: chosen, department_id: chosen === 'team' ? department : null })}
      onOpenChange={onOpenChange}
    >
      <SelectField label={t('view.who')} value={chosen} error={problem?.field('shared_with')} onChange={e => setChosen(e.target.value as SharedWith)}>
        <option value="me">{t('view.onlyMe', { name: view.owner.name })}</option>
        {(teams.length > 0 || chosen === 'team') && <option value="team">{t('view.aTeam')}</option>}
        {(isAdmin || chosen === 'all') && <option value="all">{t('view.withAll')}</option>}
      </SelectField>
      {chosen === 'team' && (
        <SelectField label={t('column.department')} value={department ?? ''} error={problem?.field('department_id')} onChange={e => setTeam(Number(e.target.value))}>
          {teams.map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
        </SelectField>
      )}
      {!isAdmin && managed.length === 0 && <p className="text-mute">{t('view.mayNotShare')}</p>}
    </FormDialog>
  )
}
