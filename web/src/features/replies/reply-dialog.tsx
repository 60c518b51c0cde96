import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Copy } from 'lucide-react'
import { useRef, useState } from 'react'
import { Preview, useSamples } from '@/features/replies/preview'
import { changeCannedReply, createCannedReply } from '@/lib/api/canned-replies'
import { keys } from '@/lib/api/keys'
import { messageOf, Problem } from '@/lib/api/problem'
import { departmentsQuery } from '@/lib/api/staff'
import type { CannedReply, MergeField } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { shortcutOf } from '@/lib/merge-fields'
import { can } from '@/lib/permissions'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Dialog } from '@/ui/dialog'
import { Check, Field, SelectField, TextArea } from '@/ui/field'
import { FormError } from '@/ui/states'

/** `me`, `all`, or a department's id. */
type Form = { name: string; shortcut: string; subject: string; body: string; whose: string; is_active: boolean }

const formOf = (reply: CannedReply | null): Form => ({
  name: reply?.name ?? '',
  shortcut: reply?.shortcut ?? '',
  subject: reply?.subject ?? '',
  body: reply?.body ?? '',
  whose: reply?.department_id ? String(reply.department_id) : (reply?.shared_with ?? 'me'),
  is_active: reply?.is_active ?? true,
})

const inputOf = (form: Form) => ({
  name: form.name.trim(),
  shortcut: form.shortcut.trim(),
  subject: form.subject.trim() || null,
  body: form.body.trim(),
  is_active: form.is_active,
  ...(form.whose === 'me' || form.whose === 'all' ? { shared_with: form.whose as 'me' | 'all', department_id: null } : { shared_with: 'team' as const, department_id: Number(form.whose) }),
})

/** A reply to write or to change; one of others is read, and copied. */
export function ReplyDialog({ reply, close }: { reply: CannedReply | null; close: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const area = useRef<HTMLTextAreaElement>(null)
  // What is being written is about what was read; what comes in meanwhile does not change it.
  const [read, setRead] = useState(reply)
  const [start, setStart] = useState(() => formOf(reply))
  const [form, setForm] = useState(start)
  const [isLeaving, setLeaving] = useState(false)
  const samples = useSamples()
  const isChanged = (Object.keys(form) as (keyof Form)[]).some(key => form[key] !== start[key])
  const mayChange = read === null || read.can_change
  const save = useMutation({
    mutationFn: (version: number | null) => (read && version !== null ? changeCannedReply(read.id, inputOf(form), version) : createCannedReply(inputOf(form))),
    onSuccess: saved => {
      toast(t('replies.saved', { name: saved.name }))
      close()
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.cannedReplies }),
  })
  const problem = save.error instanceof Problem ? save.error : null
  const isStale = problem?.code === 'stale_version'
  const error = (field: string) => problem?.fields.filter(fault => fault.field === field).map(fault => fault.message).join(' ') || undefined
  const set = (change: Partial<Form>) => {
    setForm(old => ({ ...old, ...change }))
    // What was refused was another text. That somebody was faster stays true.
    if (save.isError && !isStale) save.reset()
  }
  const copy = () => {
    const own = { ...form, whose: 'me', is_active: true }
    setRead(null)
    setForm(own)
    setStart({ ...own, name: '' })
    save.reset()
  }
  const insert = (field: MergeField) => {
    const node = area.current
    const text = `{{${field}}}`
    const from = node?.selectionStart ?? form.body.length
    const to = node?.selectionEnd ?? from
    set({ body: form.body.slice(0, from) + text + form.body.slice(to) })
    requestAnimationFrame(() => {
      node?.focus()
      node?.setSelectionRange(from + text.length, from + text.length)
    })
  }
  const leave = () => (isChanged && !save.isSuccess ? setLeaving(true) : close())
  const title = !mayChange ? t('replies.read') : read ? t('replies.edit') : t('replies.new')
  return (
    <Dialog open onOpenChange={open => !open && leave()} title={title} {...(mayChange ? {} : { description: t('replies.readText') })} huge stays>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          // Whoever was told that somebody was faster saves all the same, over what is there now.
          if (mayChange) save.mutate(read && (isStale ? (reply?.version ?? read.version) : read.version))
        }}
      >
        <div className="grid items-start gap-5 sm:grid-cols-2">
          <fieldset disabled={!mayChange} className="min-w-0 space-y-3.5">
            <div className="grid items-start gap-3 sm:grid-cols-2">
              <Field
                label={t('replies.name')} required maxLength={100} value={form.name} error={error('name')}
                // The shortcut follows the name until it is somebody's own.
                onChange={e => set({ name: e.target.value, ...(read === null && form.shortcut === shortcutOf(form.name) ? { shortcut: shortcutOf(e.target.value) } : {}) })}
              />
              <Field
                label={t('replies.shortcut')} required maxLength={60} value={form.shortcut} error={error('shortcut')} autoCapitalize="none" spellCheck={false}
                hint={form.shortcut && t('replies.shortcutHint', { shortcut: shortcutOf(form.shortcut) })}
                onChange={e => set({ shortcut: e.target.value })}
                onBlur={() => set({ shortcut: shortcutOf(form.shortcut) })}
              />
              <Whose value={form.whose} reply={read} error={error('shared_with') ?? error('department_id')} onChange={whose => set({ whose })} />
              <Field label={t('replies.subject')} hint={t('replies.subjectHint')} maxLength={200} value={form.subject} error={error('subject')} onChange={e => set({ subject: e.target.value })} />
            </div>
            <TextArea ref={area} label={t('replies.body')} required maxLength={10_000} rows={9} value={form.body} error={error('body')} onChange={e => set({ body: e.target.value })} />
            {mayChange && <Fields insert={insert} fields={Object.keys(samples) as MergeField[]} />}
            <Check label={t('replies.active')} checked={form.is_active} onChange={e => set({ is_active: e.target.checked })} />
          </fieldset>
          <Preview subject={form.subject} body={form.body} samples={samples} />
        </div>
        {problem && (isStale || problem.fields.length === 0) && <FormError>{isStale ? t('replies.meanwhile') : problem.message}</FormError>}
        {save.error && !problem && <FormError>{messageOf(save.error)}</FormError>}
        <div className="flex flex-wrap justify-end gap-2">
          {read && <Button size="md" className="mr-auto" onClick={copy}><Copy size={14} aria-hidden /> {t('replies.copy')}</Button>}
          <Button size="md" onClick={leave}>{t(mayChange ? 'common.cancel' : 'common.close')}</Button>
          {mayChange && (
            <Button size="md" variant="solid" type="submit" disabled={save.isPending || !isChanged || !form.name.trim() || !form.body.trim() || !form.shortcut.trim()}>{t('common.save')}</Button>
          )}
        </div>
      </form>
      {isLeaving && <ConfirmDialog title={t('replies.leave')} description={t('replies.leaveText')} submit={t('common.discard')} onConfirm={close} onOpenChange={setLeaving} />}
    </Dialog>
  )
}

/** For whom it is, among those whom this person keeps replies for. */
function Whose({ value, reply, error, onChange }: { value: string; reply: CannedReply | null; error: string | undefined; onChange: (whose: string) => void }) {
  const t = useT()
  const me = useMe()
  const departments = useQuery(departmentsQuery)
  const isAdmin = can(me, 'canned_replies.write', 'all')
  const managed = can(me, 'canned_replies.write', 'team') ? me.departments.filter(one => one.is_manager) : []
  const kept = isAdmin ? (departments.data ?? []).filter(one => one.is_active) : managed
  const others = reply?.department && !kept.some(one => one.id === reply.department_id) ? [reply.department] : []
  return (
    <SelectField label={t('replies.for')} value={value} error={error} onChange={e => onChange(e.target.value)}>
      <option value="me">{t('replies.forMe')}</option>
      {[...kept, ...others].map(one => <option key={one.id} value={one.id}>{t('replies.forTeam', { name: one.name })}</option>)}
      {(isAdmin || reply?.shared_with === 'all') && <option value="all">{t('replies.forAll')}</option>}
    </SelectField>
  )
}

function Fields({ fields, insert }: { fields: MergeField[]; insert: (field: MergeField) => void }) {
  const t = useT()
  return (
    <div role="group" aria-label={t('replies.fields')} className="space-y-1.5">
      <p className="text-[12.5px] font-medium">{t('replies.fields')}</p>
      <div className="flex flex-wrap gap-1.5">
        {fields.map(field => (
          <Button key={field} title={`{{${field}}}`} onClick={() => insert(field)}>{t(`replies.field.${field}`)}</Button>
        ))}
      </div>
      <p className="text-xs text-mute">{t('replies.fieldsHint')}</p>
    </div>
  )
}
