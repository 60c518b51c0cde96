import type { VendorPerformance } from '@/lib/api/types'
import { number, tOr, useT } from '@/lib/i18n'
import { money } from '@/lib/money'
import { span } from '@/lib/time'

/** What a vendor posted in the last days, and what became of it. */
export function PerformanceView({ told }: { told: VendorPerformance }) {
  const t = useT()
  const wait = told.avg_time_to_first_contact_seconds
  const facts: [string, string][] = [
    [t('vendor.accepted'), number(told.accepted)],
    [t('vendor.rejected'), number(told.rejected)],
    [t('vendor.duplicates'), number(told.duplicates)],
    [t('vendor.acceptance'), `${number(told.acceptance_rate)} %`],
    [t('vendor.contacted'), number(told.contacted)],
    [t('lead.outcome.won'), number(told.won)],
    [t('vendor.conversion'), `${number(told.conversion_rate)} %`],
    [t('vendor.wonValue'), money(told.value, told.currency)],
    [t('vendor.firstContact'), wait === null ? '–' : span(wait * 1000)],
  ]
  const most = Math.max(1, ...told.daily.map(day => day.accepted + day.rejected + day.duplicates))
  return (
    <div className="space-y-4">
      <dl className="grid grid-cols-3 gap-3 max-sm:grid-cols-2">
        {facts.map(([name, value]) => (
          <div key={name} className="rounded-lg border p-2.5">
            <dt className="text-xs text-mute">{name}</dt>
            <dd className="text-[15px] font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      <div role="img" aria-label={t('vendor.daily', { n: told.accepted })} className="flex h-20 items-end gap-px">
        {told.daily.map(day => (
          <span key={day.date} title={`${day.date}: ${day.accepted}`} className="flex flex-1 flex-col justify-end gap-px">
            <span className="bg-danger/60" style={{ height: `${((day.rejected + day.duplicates) / most) * 80}px` }} />
            <span className="bg-accent" style={{ height: `${(day.accepted / most) * 80}px` }} />
          </span>
        ))}
      </div>
      {told.rejected_by_reason.length > 0 && (
        <section>
          <h3 className="mb-1.5 text-xs font-semibold text-mute">{t('vendor.reasons')}</h3>
          <ul className="space-y-1">
            {told.rejected_by_reason.slice(0, 10).map(reason => (
              <li key={`${reason.field} ${reason.code}`} className="flex justify-between gap-2">
                <span className="truncate"><code>{reason.field}</code> · {tOr(`vendor.reason.${reason.code}`, reason.code)}</span>
                <span className="tabular-nums">{number(reason.count)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
