import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useKeywords } from '@/features/routing/queries'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { changeKeyword, createKeyword, deleteKeyword } from '@/lib/api/routing'
import { departmentsQuery } from '@/lib/api/staff'
import type { Department, Keyword } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Input, Select } from '@/ui/field'
import { Empty, Failed, FormError, Skeleton } from '@/ui/states'

const PRIORITIES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const CELL = 'px-3 py-1.5'

export function KeywordsTab() {
  const t = useT()
  const me = useMe()
  const mayWrite = can(me, 'keywords.write')
  const [search, setSearch] = useState('')
  const query = useKeywords(search.trim() ? { search: search.trim() } : {})
  const departments = useQuery(departmentsQuery)
  const list = query.data?.keywords
  return (
    <section aria-label={t('routing.keywords')} className="space-y-4">
      <p className="text-mute">{t('keyword.text')}</p>
      <div className="flex flex-wrap items-start gap-3">
        <Input type="search" aria-label={t('keyword.search')} placeholder={t('keyword.search')} value={search} onChange={e => setSearch(e.target.value)} className="max-w-64" />
        {mayWrite && <NewKeyword departments={departments.data ?? []} />}
      </div>
      {query.isPending && <Skeleton className="h-64" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {list?.length === 0 && <Empty icon={KeyRound} title={search ? t('common.nothingFound') : t('keyword.none')} text={search ? '' : t('keyword.noneText')} />}
      {list && list.length > 0 && (
        <div className="relative overflow-x-auto rounded-xl border bg-panel">
          <table className="w-full text-left">
            <thead className="border-b text-xs text-mute">
              <tr>
                <th scope="col" className={CELL}>{t('keyword.word')}</th>
                <th scope="col" className={CELL}>{t('ticket.department')}</th>
                <th scope="col" className={CELL}>{t('keyword.weight')}</th>
                <th scope="col" className={CELL}>{t('keyword.active')}</th>
                <th scope="col" className={CELL}><span className="sr-only">{t('thread.more')}</span></th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {list.map(keyword => <KeywordRow key={keyword.id} keyword={keyword} departments={departments.data ?? []} mayWrite={mayWrite} />)}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function NewKeyword({ departments }: { departments: Department[] }) {
  const t = useT()
  const client = useQueryClient()
  const [word, setWord] = useState('')
  const [department, setDepartment] = useState('')
  const add = useMutation({
    mutationFn: () => createKeyword({ word: word.trim(), department_id: Number(department) || null, priority: 1, is_active: true }),
    onSuccess: () => {
      setWord('')
      void client.invalidateQueries({ queryKey: keys.keywords })
    },
  })
  const problem = add.error instanceof Problem ? add.error : null
  return (
    <form
      aria-label={t('keyword.add')}
      className="ml-auto space-y-2"
      onSubmit={event => {
        event.preventDefault()
        if (word.trim()) add.mutate()
      }}
    >
      <div className="flex flex-wrap gap-2">
        <Input aria-label={t('keyword.word')} placeholder={t('keyword.word')} value={word} onChange={e => setWord(e.target.value)} className="w-44!" required />
        <DepartmentSelect value={department} departments={departments} onChange={setDepartment} />
        <Button type="submit" variant="solid" size="md" disabled={add.isPending}><Plus size={14} aria-hidden /> {t('keyword.add')}</Button>
      </div>
      {add.error && <FormError>{problem?.code === 'duplicate_keyword' ? t('keyword.duplicate') : (problem?.field('word') ?? add.error.message)}</FormError>}
    </form>
  )
}

const DepartmentSelect = ({ value, departments, disabled, onChange }: { value: string; departments: Department[]; disabled?: boolean; onChange: (value: string) => void }) => {
  const t = useT()
  return (
    <Select aria-label={t('ticket.department')} value={value} disabled={disabled} onChange={e => onChange(e.target.value)}>
      <option value="">{t('keyword.noDepartment')}</option>
      {departments.map(d => <option key={d.id} value={d.id}>{d.name}</option>)}
    </Select>
  )
}

function KeywordRow({ keyword, departments, mayWrite }: { keyword: Keyword; departments: Department[]; mayWrite: boolean }) {
  const t = useT()
  const client = useQueryClient()
  const [word, setWord] = useState(keyword.word)
  const refresh = () => client.invalidateQueries({ queryKey: keys.keywords })
  // One change after the other, each on the version that the one before it made.
  const version = useRef(keyword.version)
  useEffect(() => {
    version.current = keyword.version
  }, [keyword.version])
  const change = useMutation({
    scope: { id: `keyword-${keyword.id}` },
    mutationFn: async (input: Partial<Pick<Keyword, 'word' | 'department_id' | 'priority' | 'is_active'>>) => {
      version.current = (await changeKeyword(keyword.id, input, version.current)).version
    },
    onSettled: refresh,
    onError: (error, input) => {
      setWord(keyword.word)
      toastFailure(error.message, () => change.mutate(input))
    },
  })
  const remove = useMutation({
    mutationFn: () => deleteKeyword(keyword.id),
    onSuccess: () => {
      void refresh()
      const { word: again, department_id, priority, is_active } = keyword
      const undo = () => void createKeyword({ word: again, department_id, priority, is_active }).then(refresh, (error: Error) => toastFailure(error.message))
      toast(t('keyword.deleted', { word: keyword.word }), { action: { label: 'common.undo', run: undo } })
    },
    onError: error => toastFailure(error.message),
  })
  // What was chosen shows at once; a refusal puts it back.
  const shown = change.isPending ? { ...keyword, ...change.variables } : keyword
  const saveWord = () => {
    const next = word.trim()
    if (next && next !== keyword.word) change.mutate({ word: next })
    else setWord(keyword.word)
  }
  return (
    <tr className={change.isPending ? 'opacity-60' : ''}>
      <td className={CELL}>
        <Input
          aria-label={t('keyword.wordOf', { word: keyword.word })}
          value={word}
          readOnly={!mayWrite}
          onChange={e => setWord(e.target.value)}
          onBlur={saveWord}
          onKeyDown={e => {
            if (e.key === 'Enter') e.currentTarget.blur()
            if (e.key === 'Escape') setWord(keyword.word)
          }}
          className="min-w-32 border-transparent! hover:border-edge!"
        />
      </td>
      <td className={CELL}>
        <DepartmentSelect value={String(shown.department_id ?? '')} departments={departments} disabled={!mayWrite} onChange={value => change.mutate({ department_id: Number(value) || null })} />
      </td>
      <td className={CELL}>
        <Select aria-label={t('keyword.weightOf', { word: keyword.word })} value={shown.priority} disabled={!mayWrite} onChange={e => change.mutate({ priority: Number(e.target.value) })}>
          {PRIORITIES.map(n => <option key={n} value={n}>{n}</option>)}
        </Select>
      </td>
      <td className={CELL}>
        <input type="checkbox" aria-label={t('keyword.activeOf', { word: keyword.word })} checked={shown.is_active} disabled={!mayWrite} onChange={e => change.mutate({ is_active: e.target.checked })} className="size-4 accent-(--accent)" />
      </td>
      <td className={CELL}>
        {mayWrite && (
          <Button variant="ghost" size="icon" aria-label={t('keyword.delete', { word: keyword.word })} onClick={() => remove.mutate()}>
            <Trash2 size={14} aria-hidden />
          </Button>
        )}
      </td>
    </tr>
  )
}
