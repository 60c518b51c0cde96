import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useEffect } from 'react'
import { FileDrop } from '@/features/imports/file-drop'
import { countLine, StateBadge } from '@/features/imports/labels'
import { isWorking, useImports } from '@/features/imports/queries'
import { peopleQuery } from '@/lib/api/staff'
import type { Import } from '@/lib/api/types'
import { number, t as say, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { dateTime } from '@/lib/time'
import { Button } from '@/ui/button'
import { Progress } from '@/ui/progress'
import { Failed, Skeleton } from '@/ui/states'

/** Where imports begin, and what became of earlier ones. */
export function ImportsPage() {
  const t = useT()
  const me = useMe()
  const query = useImports()
  const all = query.data?.pages.flatMap(page => page.imports)
  useEffect(() => {
    document.title = `${t('import.title')} · Frontdesk`
  }, [t])
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex items-center gap-2 border-b bg-panel px-4 py-3">
        <Link to="/leads" aria-label={t('lead.back')} className="rounded-md p-1.5 text-mute hover:bg-raised hover:text-fg"><ArrowLeft size={16} aria-hidden /></Link>
        <h1 className="text-[15px] font-semibold">{t('import.title')}</h1>
      </header>
      <div className="min-h-0 flex-1 overflow-auto p-6 max-sm:p-4" tabIndex={-1}>
        <div className="max-w-4xl space-y-8">
          {can(me, 'imports.write') && (
            <div className="space-y-4">
              <FileDrop />
              <ol className="grid grid-cols-3 gap-4 text-xs text-mute max-sm:grid-cols-1 max-sm:gap-2">
                {([1, 2, 3] as const).map(step => (
                  <li key={step} className="flex gap-2">
                    <span className="grid size-5 shrink-0 place-items-center rounded-full bg-fg/6 font-semibold" aria-hidden>{step}</span>
                    <span className="pt-0.5">{t(`import.how.${step}`)}</span>
                  </li>
                ))}
              </ol>
            </div>
          )}
          <section aria-labelledby="earlier">
            <h2 id="earlier" className="mb-2 text-[13.5px] font-semibold">{t('import.earlier')}</h2>
            {query.isPending && <Skeleton className="h-40" />}
            {query.isError && !all && <Failed error={query.error} retry={() => void query.refetch()} />}
            {all?.length === 0 && <p className="text-mute">{t('import.none')}</p>}
            {all && all.length > 0 && (
              <ul className="divide-y rounded-xl border bg-panel">
                {all.map(one => <Item key={one.id} one={one} />)}
              </ul>
            )}
            {query.hasNextPage && <Button className="mt-3" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('lead.more')}</Button>}
          </section>
        </div>
      </div>
    </main>
  )
}

function Item({ one }: { one: Import }) {
  const people = useQuery(peopleQuery)
  const by = people.data?.find(person => person.id === one.created_by)?.name
  const share = one.total_rows ? one.position / one.total_rows : null
  return (
    <li className="relative px-4 py-2.5 hover:bg-raised">
      <div className="flex items-center gap-3">
        <Link to="/leads/import/$import" params={{ import: String(one.id) }} className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0">
          {one.file_name}
        </Link>
        <StateBadge state={one.state} />
      </div>
      <p className="flex flex-wrap gap-x-2 text-xs text-mute">
        <span>{dateTime(one.created_at)}</span>
        {by && <span>{by}</span>}
        <span>{isWorking(one.state) && one.total_rows !== null ? say('import.rowsOf', { done: number(one.position), all: number(one.total_rows) }) : countLine(one)}</span>
      </p>
      {isWorking(one.state) && <Progress className="mt-1.5 max-w-xs" label={one.file_name} share={one.state === 'undoing' && share !== null ? 1 - share : share} />}
    </li>
  )
}
