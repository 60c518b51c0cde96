import { Plus, X } from 'lucide-react'
import { useRef } from 'react'
import { newUid, type HolidayRow } from '@/features/business-hours/week'
import type { Problem } from '@/lib/api/problem'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Check, Input } from '@/ui/field'

type Props = { holidays: HolidayRow[]; problem: Problem | null; change: (holidays: HolidayRow[]) => void }

/** The days on which nobody is there. */
export function Holidays({ holidays, problem, change }: Props) {
  const t = useT()
  const add = useRef<HTMLButtonElement>(null)
  const set = (holiday: HolidayRow) => change(holidays.map(other => (other.uid === holiday.uid ? holiday : other)))
  return (
    <div className="space-y-3">
      {holidays.length === 0 && <p className="text-mute">{t('hours.noHolidays')}</p>}
      {holidays.length > 0 && (
        <ul className="divide-y rounded-xl border bg-panel">
          {holidays.map((holiday, n) => {
            const said = problem?.field(`holidays.${n}.date`) ?? problem?.field(`holidays.${n}.name`)
            const label = { n: n + 1 }
            const id = `holiday-${holiday.uid}`
            return (
              <li key={holiday.uid} className="px-3 py-2">
                <div className="grid grid-cols-[9.5rem_minmax(0,1fr)_auto] items-center gap-x-2 gap-y-1.5 sm:grid-cols-[9.5rem_minmax(0,1fr)_auto_auto]">
                  <Input type="date" aria-label={t('hours.holidayDate', label)} aria-invalid={said ? true : undefined} aria-describedby={said ? id : undefined} value={holiday.date} onChange={e => set({ ...holiday, date: e.target.value })} />
                  <Input
                    aria-label={t('hours.holidayName', label)} placeholder={t('hours.holidayNameHint')} maxLength={100} value={holiday.name}
                    className="max-sm:order-last max-sm:col-span-2" onChange={e => set({ ...holiday, name: e.target.value })}
                  />
                  <Check label={t('hours.yearly')} aria-label={t('hours.holidayYearly', label)} className="max-sm:justify-self-end" checked={holiday.yearly} onChange={e => set({ ...holiday, yearly: e.target.checked })} />
                  <Button
                    variant="ghost" size="icon" className="max-sm:justify-self-end" aria-label={t('hours.removeHoliday', { name: holiday.name || holiday.date || String(n + 1) })}
                    onClick={() => {
                      change(holidays.filter(other => other.uid !== holiday.uid))
                      add.current?.focus()
                    }}
                  >
                    <X size={14} aria-hidden />
                  </Button>
                </div>
                {said && <p id={id} className="mt-0.5 text-xs text-danger">{said}</p>}
              </li>
            )
          })}
        </ul>
      )}
      <Button ref={add} size="md" disabled={holidays.length >= 500} onClick={() => change([...holidays, { uid: newUid(), date: '', name: '', yearly: false }])}>
        <Plus size={14} aria-hidden /> {t('hours.addHoliday')}
      </Button>
    </div>
  )
}
