import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus } from 'lucide-react'
import { useId, useMemo, useState } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import { Fault, PickedFact, useKept } from '@/features/leads/fact-fields'
import { useSources } from '@/features/leads/sources'
import { keys } from '@/lib/api/keys'
import { departmentsQuery } from '@/lib/api/staff'
import type { Lead, LeadList } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Button } from '@/ui/button'
import { INPUT } from '@/ui/field'
import { FormError } from '@/ui/states'
import { Tags } from '@/ui/tags'

type Props = { lead: Lead; mayWrite: boolean }

/** Where the lead came from; a source that is in no list stays one of the choices. */
export function Source({ lead, mayWrite }: Props) {
  const t = useT()
  const { keep } = useLeadActions()
  const { sources, nameOf } = useSources()
  const choices = sources.map(source => ({ value: source.key, label: source.name }))
  if (!sources.some(source => source.key === lead.source)) choices.push({ value: lead.source, label: nameOf(lead.source) })
  const fact = (source: string) => ({ wanted: { source }, shown: { source } })
  return (
    <>
      {mayWrite ? (
        <PickedFact label={t('lead.source')} field="source" value={lead.source} choices={choices} keep={source => keep(lead, fact(source), fact(lead.source))} />
      ) : (
        nameOf(lead.source)
      )}
      {lead.vendor && <span className="text-mute"> · {lead.vendor.name}</span>}
    </>
  )
}

export function Department({ lead, mayWrite }: Props) {
  const t = useT()
  const me = useMe()
  const { keep } = useLeadActions()
  const mayChoose = mayWrite && can(me, 'departments.read')
  const { data } = useQuery({ ...departmentsQuery, enabled: mayChoose })
  if (!mayChoose) return <>{lead.department?.name ?? '–'}</>
  const known = (data ?? []).filter(department => department.is_active || department.id === lead.department?.id).map(({ id, name }) => ({ id, name }))
  const all = lead.department && !known.some(({ id }) => id === lead.department?.id) ? [...known, lead.department] : known
  const fact = (department: Lead['department']) => ({ wanted: { department_id: department?.id ?? null }, shown: { department } })
  return (
    <PickedFact
      label={t('column.department')}
      field="department_id"
      value={lead.department ? String(lead.department.id) : ''}
      choices={[{ value: '', label: '–' }, ...all.map(({ id, name }) => ({ value: String(id), label: name }))]}
      keep={id => keep(lead, fact(all.find(one => String(one.id) === id) ?? null), fact(lead.department))}
    />
  )
}

export function LeadTags({ lead, mayWrite }: Props) {
  const id = useId()
  const { keep } = useLeadActions()
  const [isOpen, setOpen] = useState(false)
  const known = useKnownTags(lead, isOpen)
  const fact = (tags: string[]) => ({ wanted: { tags }, shown: { tags } })
  const { fault, send } = useKept('tags', (tags: string[]) => keep(lead, fact(tags), fact(lead.tags)))
  if (!mayWrite && lead.tags.length === 0) return <>–</>
  return (
    <>
      <Tags tags={lead.tags} known={known} mayWrite={mayWrite} open={isOpen} onOpenChange={setOpen} onChange={tags => void send(tags)} describedBy={fault ? id : undefined} />
      <Fault id={id}>{fault}</Fault>
    </>
  )
}

/** Tags in use on the leads that are loaded: the ones most likely wanted. */
function useKnownTags(lead: Lead, isAsked: boolean): string[] {
  const client = useQueryClient()
  return useMemo(() => {
    if (!isAsked) return lead.tags
    const lists = client.getQueriesData<{ pages: LeadList[] }>({ queryKey: keys.leadLists })
    const rows = lists.flatMap(([, list]) => list?.pages.flatMap(page => page.leads) ?? [])
    return [...new Set([...lead.tags, ...rows.flatMap(row => row.tags)])].sort()
  }, [client, isAsked, lead.tags])
}

/** Written in a field of its own, and kept by a button: notes are long, and half of them are no notes. */
export function Notes({ lead, mayWrite }: Props) {
  const t = useT()
  const [begun, setBegun] = useState<string | null>(null)
  if (begun !== null) return <NotesEditor lead={lead} begun={begun} close={() => setBegun(null)} />
  return (
    <div className="mt-3">
      {lead.notes && <p className="rounded-md bg-note p-2.5 break-words whitespace-pre-wrap">{lead.notes}</p>}
      {mayWrite && (
        <Button variant="ghost" className="mt-1 -ml-2.5" onClick={() => setBegun(lead.notes)}>
          {lead.notes ? <Pencil size={12} aria-hidden /> : <Plus size={12} aria-hidden />} {t(lead.notes ? 'lead.editNotes' : 'lead.addNotes')}
        </Button>
      )}
    </div>
  )
}

function NotesEditor({ lead, begun, close }: { lead: Lead; begun: string; close: () => void }) {
  const t = useT()
  const id = useId()
  const { keep } = useLeadActions()
  const [text, setText] = useState(begun)
  const [isTold, setTold] = useState(false)
  const { fault, send } = useKept('notes', (notes: string) => keep(lead, { wanted: { notes } }, { wanted: { notes: lead.notes } }))
  const [isSending, setSending] = useState(false)
  const save = async () => {
    if (text === lead.notes) return close()
    // Somebody else's words are not written over unseen.
    if (lead.notes !== begun && !isTold) return setTold(true)
    setSending(true)
    const isKept = await send(text)
    setSending(false)
    if (isKept) close()
  }
  return (
    <form
      className="mt-3 space-y-2"
      onSubmit={event => {
        event.preventDefault()
        void save()
      }}
    >
      {isTold && <FormError>{t('lead.changedMeanwhile', { name: lead.name })}</FormError>}
      {isTold && <p className="rounded-md bg-note p-2.5 break-words whitespace-pre-wrap">{lead.notes}</p>}
      <textarea
        aria-label={t('lead.notes')}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? id : undefined}
        autoFocus
        maxLength={20_000}
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') close()
          if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') event.currentTarget.form?.requestSubmit()
        }}
        className={`${INPUT} min-h-28 resize-y py-2`}
      />
      <Fault id={id}>{fault}</Fault>
      <div className="flex justify-end gap-2">
        <Button onClick={close}>{t('common.cancel')}</Button>
        <Button type="submit" variant="solid" disabled={isSending}>{t('common.save')}</Button>
      </div>
    </form>
  )
}
