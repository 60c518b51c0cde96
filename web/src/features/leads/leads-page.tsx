import { Plus } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { LeadBulkBar } from '@/features/leads/bulk-bar'
import { ColumnChooser } from '@/features/leads/column-chooser'
import { chooseColumns, useChosen, useColumns } from '@/features/leads/columns'
import { ExportMenu } from '@/features/leads/export-menu'
import { leadsRoute } from '@/features/leads/filter'
import { FilterChips } from '@/features/leads/filter-chips'
import { LeadsTable } from '@/features/leads/leads-table'
import { NewLeadDialog } from '@/features/leads/new-lead'
import { useLeads, usePipeline } from '@/features/leads/queries'
import { SavedViews } from '@/features/leads/saved-views'
import { Toolbar } from '@/features/leads/toolbar'
import { number, tn, useT } from '@/lib/i18n'
import { leadFilter, SORTS, USUAL_SORT, type LeadSort, type LeadsSearch } from '@/lib/lead-search'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Button } from '@/ui/button'
import { Select } from '@/ui/field'

/** Every lead, narrowed and sorted; the choice lives in the address. */
export function LeadsPage() {
  const t = useT()
  const me = useMe()
  const search = leadsRoute.useSearch()
  const navigate = leadsRoute.useNavigate()
  const set = (change: Partial<LeadsSearch>) => void navigate({ search: old => ({ ...old, ...change }), replace: true })
  const { pipelines, pipeline } = usePipeline(search.pipeline)
  const filter = useMemo(() => leadFilter(search), [search])
  const leads = useLeads(filter)
  const all = useColumns(pipeline)
  const columns = useChosen(all, search.cols)
  const [isAdding, setAdding] = useState(false)
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set())
  const untick = (done: readonly number[]) =>
    setTicked(old => {
      const left = new Set(old)
      for (const id of done) left.delete(id)
      return left
    })
  useEffect(() => {
    document.title = `${t('nav.leads')} · Frontdesk`
  }, [t])
  const sort = (search.sort ?? USUAL_SORT) as LeadSort
  const setSort = (next: LeadSort | undefined) => set({ sort: next })
  const choose = (ids: string[]) => {
    chooseColumns(ids)
    // A view's columns are its own: choosing others shows them here, and keeps the view until it is saved.
    if (search.cols) set({ cols: ids.join(',') })
  }
  const total = leads.first && number(leads.first.total) + (leads.first.total_capped ? '+' : '')
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <Toolbar title={t('nav.leads')} search={search} set={set}>
        <span className="text-xs text-mute" aria-live="polite">{leads.first && tn('lead.total', leads.first.total, { count: total ?? '' })}</span>
        <ExportMenu filter={filter} shown={columns.map(column => column.id)} />
        {can(me, 'leads.create') && (
          <Button variant="solid" size="md" onClick={() => setAdding(true)}><Plus size={14} aria-hidden /> {t('lead.new')}</Button>
        )}
      </Toolbar>
      <SavedViews screen="leads" search={search} columns={columns.map(column => column.id)} go={next => void navigate({ search: next })} />
      <FilterChips search={search} set={set} pipeline={pipeline}>
        <Select className="sm:hidden" aria-label={t('lead.sort')} value={sort} onChange={e => setSort(e.target.value === USUAL_SORT ? undefined : (e.target.value as LeadSort))}>
          {SORTS.map(one => <option key={one} value={one}>{t(`lead.sort.${one}`)}</option>)}
        </Select>
        <ColumnChooser all={all} shown={columns} choose={choose} />
      </FilterChips>
      <LeadsTable leads={leads} columns={columns} pipelines={pipelines} sort={sort} setSort={setSort} ticked={ticked} setTicked={setTicked} add={() => setAdding(true)} />
      {ticked.size > 0 && pipeline && <LeadBulkBar ids={[...ticked]} rows={leads.rows} pipeline={pipeline} untick={untick} clear={() => setTicked(new Set())} />}
      {isAdding && <NewLeadDialog pipelineId={search.pipeline} onOpenChange={setAdding} />}
    </main>
  )
}
