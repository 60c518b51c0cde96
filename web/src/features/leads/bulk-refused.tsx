import { Link } from '@tanstack/react-router'
import { reasonsOf, type BulkOutcome } from '@/features/leads/bulk'
import { number, tn, useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { FormError } from '@/ui/states'

/** Leads of one reason that are named. */
const SHOWN = 50

/** What a change of many leads left as it was. */
export type BulkLeft = Pick<BulkOutcome, 'refused' | 'unsent' | 'error'> & {
  names: ReadonlyMap<number, string>
  again: (ids: number[]) => void
}

/** Says which leads were not changed, and why: each reason once, with its leads. They stay chosen. */
export function BulkRefused({ refused, unsent, error, names, again, onOpenChange }: BulkLeft & { onOpenChange: () => void }) {
  const t = useT()
  const ids = [...refused.map(({ id }) => id), ...unsent]
  return (
    <Dialog open onOpenChange={onOpenChange} title={tn('lead.bulk.left', ids.length)} description={t('lead.bulk.leftHint')}>
      <div className="space-y-4">
        {error && <FormError>{tn('lead.bulk.unsent', unsent.length, { why: error.message })}</FormError>}
        {reasonsOf(refused).map(({ why, ids: theirs }) => (
          <section key={why} aria-label={why}>
            <h3 className="mb-1 flex items-baseline gap-2 font-medium text-danger">
              <span className="min-w-0 break-words">{why}</span>
              {theirs.length > 1 && <span className="text-xs font-normal text-mute tabular-nums">{number(theirs.length)}</span>}
            </h3>
            <ul className="max-h-56 space-y-0.5 overflow-auto" tabIndex={theirs.length > 8 ? 0 : undefined}>
              {theirs.slice(0, SHOWN).map(id => (
                <li key={id} className="truncate">
                  <Link to="/leads/$lead" params={{ lead: String(id) }} className="text-accent hover:underline">{names.get(id) ?? `#${id}`}</Link>
                </li>
              ))}
              {theirs.length > SHOWN && <li className="text-mute">{t('lead.bulk.more', { n: theirs.length - SHOWN })}</li>}
            </ul>
          </section>
        ))}
      </div>
      <div className="mt-5 flex justify-end gap-2">
        <Button size="md" onClick={onOpenChange}>{t('common.close')}</Button>
        <Button
          size="md"
          variant="solid"
          onClick={() => {
            onOpenChange()
            again(ids)
          }}
        >
          {t('common.retry')}
        </Button>
      </div>
    </Dialog>
  )
}
