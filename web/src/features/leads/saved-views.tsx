import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { BookmarkPlus, Globe, MoreHorizontal, Users } from 'lucide-react'
import { useState } from 'react'
import { ShareView } from '@/features/leads/share-view'
import { ViewNameDialog } from '@/features/leads/view-name'
import { keys } from '@/lib/api/keys'
import { messageOf, Problem } from '@/lib/api/problem'
import type { SavedView, SavedViewChange, Screen, SharedWith } from '@/lib/api/types'
import { changeView, createView, deleteView, viewsQuery } from '@/lib/api/views'
import { useT } from '@/lib/i18n'
import { readLeadsSearch, viewQueryOf, type LeadsSearch } from '@/lib/lead-search'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Menu, MenuItem, MenuSeparator } from '@/ui/menu'

type Props = { screen: Screen; search: LeadsSearch; columns?: string[]; go: (search: LeadsSearch) => void }

const ORDER: SharedWith[] = ['me', 'team', 'all']
const TAB = 'inline-flex h-8 shrink-0 items-center gap-1.5 border-b-2 border-transparent px-2.5 text-xs font-medium text-mute hover:text-fg'

/** The saved views of a page as tabs: mine, my teams', everybody's. What one asks for goes into the address. */
export function SavedViews({ screen, search, columns = [], go }: Props) {
  const t = useT()
  const { data } = useQuery(viewsQuery(screen))
  const [isSaving, setSaving] = useState(false)
  const views = [...(data ?? [])].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
  const query = viewQueryOf(search)
  const active = views.find(view => view.id === search.view)
  const isPlain = Object.keys(query).length === 0 && !search.cols
  const shownColumns = search.cols?.split(',') ?? []
  const isChanged = active !== undefined && !(same(query, viewQueryOf(readLeadsSearch(active.query))) && String(shownColumns) === String(active.columns))
  return (
    <nav aria-label={t('view.title')} className="flex items-center gap-0.5 overflow-x-auto border-b bg-panel px-3">
      <button type="button" aria-current={!active && isPlain ? 'page' : undefined} className={cn(TAB, !active && isPlain && 'border-b-accent! text-fg!')} onClick={() => go({})}>
        {t(screen === 'pipeline' ? 'view.wholeBoard' : 'view.open')}
      </button>
      {views.map(view => (
        <span key={view.id} className="inline-flex shrink-0 items-center">
          <button
            type="button"
            aria-current={view === active ? 'page' : undefined}
            title={view.is_mine ? undefined : t('view.by', { name: view.owner.name })}
            className={cn(TAB, view === active && 'border-b-accent! text-fg!')}
            onClick={() => go({ ...readLeadsSearch(view.query), cols: view.columns.join(',') || undefined, view: view.id })}
          >
            <SharedIcon view={view} /> {view.name}{view === active && isChanged && <span aria-label={t('view.changed')} role="img">•</span>}
          </button>
          {view === active && <ViewMenu view={view} kept={{ query, columns: shownColumns }} isChanged={isChanged} gone={() => go({})} />}
        </span>
      ))}
      {!isPlain && (!active || isChanged) && (
        <Button variant="ghost" className="ml-1" onClick={() => setSaving(true)}><BookmarkPlus size={13} aria-hidden /> {t('view.save')}</Button>
      )}
      {isSaving && <SaveDialog screen={screen} query={query} columns={search.cols ? shownColumns : columns} onOpenChange={setSaving} go={go} />}
    </nav>
  )
}

const rank = (view: SavedView) => (view.is_mine ? 0 : ORDER.indexOf(view.shared_with) + 1)
const same = (a: object, b: object) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

/** With whom it is shared, in a sign and a word. */
function SharedIcon({ view }: { view: SavedView }) {
  const t = useT()
  if (view.shared_with === 'me') return null
  const Icon = view.shared_with === 'team' ? Users : Globe
  const label = view.shared_with === 'team' ? t('view.withTeam', { team: view.department?.name ?? '' }) : t('view.withAll')
  return <Icon size={12} role="img" aria-label={label} />
}

type SaveProps = { screen: Screen; query: SavedView['query']; columns: string[]; onOpenChange: (open: boolean) => void; go: (search: LeadsSearch) => void }

function SaveDialog({ screen, query, columns, onOpenChange, go }: SaveProps) {
  const t = useT()
  const client = useQueryClient()
  const make = useMutation({
    mutationFn: (name: string) => createView({ name, screen, query, columns }),
    onSuccess: async view => {
      await client.invalidateQueries({ queryKey: keys.views })
      onOpenChange(false)
      go({ ...readLeadsSearch(view.query), cols: view.columns.join(',') || undefined, view: view.id })
    },
  })
  return <ViewNameDialog title={t('view.save')} first="" error={make.error} isPending={make.isPending} keep={name => make.mutate(name)} onOpenChange={onOpenChange} />
}

type MenuProps = { view: SavedView; kept: Pick<SavedView, 'query' | 'columns'>; isChanged: boolean; gone: () => void }

/** What can be done with the view that is shown. */
function ViewMenu({ view, kept, isChanged, gone }: MenuProps) {
  const t = useT()
  const client = useQueryClient()
  const [isOpen, setOpen] = useState<'name' | 'share' | null>(null)
  const settle = () => client.invalidateQueries({ queryKey: keys.views })
  const change = useMutation({
    mutationFn: (wanted: SavedViewChange) => changeView(view.id, wanted, view.version),
    onSuccess: () => {
      setOpen(null)
      toast(t('view.said.saved', { name: view.name }))
    },
    onError: (error, wanted) => {
      const isStale = error instanceof Problem && error.code === 'stale_version'
      if (isStale) toastFailure(t('view.changedMeanwhile', { name: view.name }))
      else if (!isOpen) toastFailure(messageOf(error), () => change.mutate(wanted))
    },
    onSettled: settle,
  })
  const remove = useMutation({
    mutationFn: () => deleteView(view.id, view.version),
    onSuccess: () => {
      gone()
      const { name, screen, query, columns, shared_with, department } = view
      const again = () => createView({ name, screen, query, columns, shared_with, department_id: department?.id ?? null })
      const back = () => void again().then(settle, (error: unknown) => toastFailure(messageOf(error), back))
      toast(t('view.said.deleted', { name }), { action: { label: 'common.undo', run: back } })
    },
    onError: error => toastFailure(messageOf(error), () => remove.mutate()),
    onSettled: settle,
  })
  if (!view.can_change) return null
  return (
    <>
      <Menu align="start" trigger={<Button variant="ghost" size="tiny" aria-label={t('view.menu', { name: view.name })}><MoreHorizontal size={14} aria-hidden /></Button>}>
        <MenuItem disabled={!isChanged} onSelect={() => change.mutate(kept)}>{t('view.update')}</MenuItem>
        <MenuItem onSelect={() => setOpen('name')}>{t('view.rename')}</MenuItem>
        <MenuItem onSelect={() => setOpen('share')}>{t('view.share')}</MenuItem>
        <MenuSeparator />
        <MenuItem danger onSelect={() => remove.mutate()}>{t('view.delete')}</MenuItem>
      </Menu>
      {isOpen === 'name' && (
        <ViewNameDialog title={t('view.rename')} first={view.name} error={change.error} isPending={change.isPending} keep={name => change.mutate({ name })} onOpenChange={() => setOpen(null)} />
      )}
      {isOpen === 'share' && <ShareView view={view} error={change.error} isPending={change.isPending} share={wanted => change.mutate(wanted)} onOpenChange={() => setOpen(null)} />}
    </>
  )
}
