import { Link } from '@tanstack/react-router'
import { Building2, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { FindContact } from '@/features/people/find-contact'
import { Part } from '@/features/people/labels'
import type { ContactDetail, ContactKind } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { dateTime } from '@/lib/time'
import { Button } from '@/ui/button'
import { Select } from '@/ui/field'

const KINDS: ContactKind[] = ['person', 'company']

export function PersonFacts({ person, mayChange }: { person: ContactDetail; mayChange: boolean }) {
  const t = useT()
  const { change } = usePersonActions()
  const setKind = (kind: ContactKind) => void change(person.id, { kind }, { kind })
  return (
    <Part title={t('person.facts')}>
      <dl className="grid grid-cols-[92px_1fr] items-center gap-y-2">
        <Row name={t('person.kind')}>
          {mayChange ? (
            <Select aria-label={t('person.kind')} value={person.kind} onChange={event => setKind(event.target.value as ContactKind)}>
              {KINDS.map(kind => <option key={kind} value={kind}>{t(`person.kinds.${kind}`)}</option>)}
            </Select>
          ) : (
            t(`person.kinds.${person.kind}`)
          )}
        </Row>
        {person.kind === 'person' && <Row name={t('person.company')}><Company person={person} mayChange={mayChange} /></Row>}
        <Row name={t('person.since')}>{dateTime(person.created_at)}</Row>
        <Row name={t('person.changed')}>{dateTime(person.updated_at)}</Row>
      </dl>
    </Part>
  )
}

const Row = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="contents">
    <dt className="text-mute">{name}</dt>
    <dd className="min-w-0">{children}</dd>
  </div>
)

/** A person's employer. */
function Company({ person, mayChange }: { person: ContactDetail; mayChange: boolean }) {
  const t = useT()
  const { change } = usePersonActions()
  const [isFinding, setFinding] = useState(false)
  const set = (company: { id: number; name: string } | null) => void change(person.id, { company }, { company_id: company?.id ?? null })
  return (
    <span className="flex min-w-0 items-center gap-1">
      {person.company && <Link to="/people/$contact" params={{ contact: String(person.company.id) }} className="min-w-0 truncate text-accent hover:underline">{person.company.name}</Link>}
      {!person.company && !mayChange && '–'}
      {mayChange && (
        <Button variant={person.company ? 'ghost' : 'outline'} onClick={() => setFinding(true)}>
          {!person.company && <Building2 size={13} aria-hidden />} {t(person.company ? 'person.changeCompany' : 'person.chooseCompany')}
        </Button>
      )}
      {mayChange && person.company && <Button variant="ghost" size="tiny" aria-label={t('person.noCompany')} onClick={() => set(null)}><X size={12} aria-hidden /></Button>}
      {isFinding && <FindContact title={t('person.chooseCompany')} kind="company" except={person.id} onPick={company => set({ id: company.id, name: company.name })} onOpenChange={setFinding} />}
    </span>
  )
}
