import { useState } from 'react'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, SelectField } from '@/ui/field'

const OTHER = ' '

/** Asks why a lead is lost: one of the pipeline's reasons, or one's own. */
export function WhyLost({ reasons, onSay, onOpenChange }: { reasons: string[]; onSay: (reason: string) => void; onOpenChange: () => void }) {
  const t = useT()
  const [chosen, setChosen] = useState(reasons[0] ?? OTHER)
  const [own, setOwn] = useState('')
  const reason = (chosen === OTHER ? own : chosen).trim()
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('lead.whyLost')} description={t('lead.whyLostHint')}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          if (reason) onSay(reason)
        }}
      >
        {reasons.length > 0 && (
          <SelectField label={t('lead.reason')} value={chosen} onChange={e => setChosen(e.target.value)}>
            {reasons.map(one => <option key={one}>{one}</option>)}
            <option value={OTHER}>{t('lead.otherReason')}</option>
          </SelectField>
        )}
        {chosen === OTHER && <Field label={t('lead.ownReason')} value={own} maxLength={500} onChange={e => setOwn(e.target.value)} />}
        <Button type="submit" variant="solid" size="md" disabled={!reason}>{t('lead.markLost')}</Button>
      </form>
    </Dialog>
  )
}
