import { useEffect, useState } from 'react'
import { Link } from '@tanstack/react-router'
import { Building2, Plus, UserPlus } from 'lucide-react'
import { contactFilter, peopleRoute, type PeopleSearch } from '@/features/people/filter'
import { DuplicatesTab } from '@/features/people/duplicates-tab'
import { NewContactDialog } from '@/features/people/new-contact'
import { PeopleTable } from '@/features/people/people-table'
import { useContacts } from '@/features/people/queries'
import type { ContactKind } from '@/lib/api/types'
import { number, tn, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Button } from '@/ui/button'
import { Check, Input, Select } from '@/ui/field'
import { Menu, MenuItem } from '@/ui/menu'
import { PageTabs } from '@/ui/page-tabs'

const TABS = ['all', 'duplicates'] as const

/** Everybody outside, people and companies, and who may be in the desk twice. */
export function PeoplePage() {
  const t = useT()
  const me = useMe()
  const search = peopleRoute.useSearch()
  const tab = search.tab ?? 'all'
  const [adding, setAdding] = useState<ContactKind | null>(null)
  useEffect(() => {
    document.title = `${t('nav.people')} · Frontdesk`
  }, [t])
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex flex-wrap items-center gap-x-6 gap-y-1 border-b bg-panel px-4 pt-3">
        <h1 className="mb-2.5 text-[15px] font-semibold">{t('nav.people')}</h1>
        <PageTabs
          label={t('nav.people')}
          tabs={TABS}
          current={tab}
          className="self-end max-sm:order-last max-sm:w-full"
          link={(name, props) => (
            <Link from="/people" to="/people" search={{ tab: name === 'duplicates' ? name : undefined }} {...props}>
              {t(`person.tab.${name}`)}
            </Link>
          )}
        />
        {can(me, 'contacts.write') && (
          <div className="mb-2.5 ml-auto">
            <Menu trigger={<Button variant="solid" size="md"><Plus size={14} aria-hidden /> {t('person.new')}</Button>}>
              <MenuItem onSelect={() => setAdding('person')}><UserPlus size={14} aria-hidden /> {t('person.new.person')}</MenuItem>
              <MenuItem onSelect={() => setAdding('company')}><Building2 size={14} aria-hidden /> {t('person.new.company')}</MenuItem>
            </Menu>
          </div>
        )}
      </header>
      {tab === 'duplicates' ? <DuplicatesTab /> : <Everybody search={search} add={() => setAdding('person')} />}
      {adding && <NewContactDialog kind={adding} onOpenChange={() => setAdding(null)} />}
    </main>
  )
}

function Everybody({ search, add }: { search: PeopleSearch; add: () => void }) {
  const t = useT()
  const me = useMe()
  const navigate = peopleRoute.useNavigate()
  const set = (change: Partial<PeopleSearch>) => void navigate({ search: old => ({ ...old, ...change }), replace: true })
  const people = useContacts(contactFilter(search))
  const isNarrowed = Boolean(search.q || search.kind || search.blocked)
  const total = people.first && number(people.first.total) + (people.first.total_capped ? '+' : '')
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b bg-panel px-4 py-2">
        <Input
          data-search="page"
          type="search"
          aria-label={t('person.search')}
          placeholder={t('person.search')}
          value={search.q ?? ''}
          maxLength={200}
          onChange={e => set({ q: e.target.value || undefined })}
          className="w-64! max-sm:w-full!"
        />
        <Select aria-label={t('person.kind')} value={search.kind ?? ''} onChange={e => set({ kind: (e.target.value || undefined) as PeopleSearch['kind'] })}>
          <option value="">{t('person.kind.any')}</option>
          <option value="person">{t('person.kinds.person')}</option>
          <option value="company">{t('person.kinds.company')}</option>
        </Select>
        <Select aria-label={t('person.sort')} value={search.sort ?? ''} onChange={e => set({ sort: e.target.value === 'name' ? 'name' : undefined })}>
          <option value="">{t('person.sort.newest')}</option>
          <option value="name">{t('person.sort.name')}</option>
        </Select>
        <Check label={t('person.onlyBlocked')} checked={search.blocked ?? false} onChange={e => set({ blocked: e.target.checked || undefined })} />
        <span className="ml-auto text-xs text-mute" aria-live="polite">{people.first && tn('person.total', people.first.total, { count: total ?? '' })}</span>
      </div>
      <PeopleTable
        people={people}
        isNarrowed={isNarrowed}
        clear={() => set({ q: undefined, kind: undefined, blocked: undefined })}
        add={can(me, 'contacts.write') ? add : undefined}
      />
    </>
  )
}
