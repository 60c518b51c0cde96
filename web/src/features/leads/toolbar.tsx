import type { ReactNode } from 'react'
import { usePipeline } from '@/features/leads/queries'
import { useT } from '@/lib/i18n'
import type { LeadsSearch } from '@/lib/lead-search'
import { Input, Select } from '@/ui/field'

type Props = { title: string; search: LeadsSearch; set: (change: Partial<LeadsSearch>) => void; children?: ReactNode }

/** What narrows both the table and the board; the choice lives in the address. */
export function Toolbar({ title, search, set, children }: Props) {
  const t = useT()
  const { pipelines, pipeline } = usePipeline(search.pipeline)
  return (
    <header className="flex flex-wrap items-center gap-2 border-b bg-panel px-4 py-3">
      <h1 className="mr-2 text-[15px] font-semibold">{title}</h1>
      {pipelines.length > 1 && (
        <Select aria-label={t('lead.pipeline')} value={pipeline?.id ?? ''} onChange={e => set({ pipeline: Number(e.target.value) || undefined, status: undefined })}>
          {pipelines.map(p => <option key={p.id} value={p.id}>{p.name}</option>)}
        </Select>
      )}
      <Input
        data-search="page"
        type="search"
        aria-label={t('lead.search')}
        placeholder={t('lead.search')}
        value={search.q ?? ''}
        onChange={e => set({ q: e.target.value || undefined })}
        className="w-56! max-sm:w-full!"
      />
      <div className="ml-auto flex items-center gap-2">{children}</div>
    </header>
  )
}
