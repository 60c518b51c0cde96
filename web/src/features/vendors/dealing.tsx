import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Part } from '@/features/vendors/rules-editor'
import { STRATEGIES } from '@/features/vendors/rules'
import { departmentsQuery, peopleQuery } from '@/lib/api/staff'
import type { Problem } from '@/lib/api/problem'
import type { VendorStrategy } from '@/lib/api/types'
import { tn, useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Field, SelectField } from '@/ui/field'
import { Picker } from '@/ui/picker'

export type Dealing = { strategy: VendorStrategy; department_id: number | null; agents: number[]; days: string }
type Props = {
  dealing: Dealing
  set: (change: Partial<Dealing>) => void
  problem: Problem | null
  /** Whether people are named, and not only a department. */
  hasPeople: boolean
}

/** Who gets the leads, and how long an address counts as a duplicate. */
export function DealingEditor({ dealing, set, problem, hasPeople }: Props) {
  const t = useT()
  const people = useQuery(peopleQuery)
  const departments = useQuery(departmentsQuery)
  const [isPicking, setPicking] = useState(false)
  const { agents } = dealing
  const turn = (id: number) => set({ agents: agents.includes(id) ? agents.filter(one => one !== id) : [...agents, id] })
  return (
    <Part title={t('vendor.dealing')}>
      <div className="grid items-start gap-3 sm:grid-cols-3">
        <SelectField label={t('vendor.strategy')} value={dealing.strategy} onChange={e => set({ strategy: e.target.value as VendorStrategy })}>
          {STRATEGIES.map(strategy => <option key={strategy} value={strategy}>{t(`vendor.strategy.${strategy}`)}</option>)}
        </SelectField>
        <SelectField
          label={t('vendor.department')} value={dealing.department_id ?? ''} error={problem?.field('department_id')}
          onChange={e => set({ department_id: Number(e.target.value) || null })}
        >
          <option value="">–</option>
          {departments.data?.filter(one => one.is_active || one.id === dealing.department_id).map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
        </SelectField>
        {hasPeople && (
          <div className="space-y-1">
            <p className="text-[12.5px] font-medium">{t('vendor.agents')}</p>
            <Picker
              keepOpen
              label={t('vendor.agents')}
              open={isPicking}
              onOpenChange={setPicking}
              items={(people.data ?? []).map(person => ({ id: String(person.id), text: person.name, chosen: agents.includes(person.id) }))}
              onPick={id => turn(Number(id))}
              trigger={<Button size="lg" className="h-9! w-full justify-start!">{agents.length === 0 ? t('vendor.allAgents') : tn('vendor.someAgents', agents.length)}</Button>}
            />
          </div>
        )}
        <Field
          label={t('vendor.days')} hint={t('vendor.daysHint')} type="number" min={0} max={36_500} value={dealing.days}
          error={problem?.field('duplicate_days')} onChange={e => set({ days: e.target.value })}
        />
      </div>
    </Part>
  )
}

export const daysOf = (text: string): number | null => (text.trim() === '' ? null : Number(text))
