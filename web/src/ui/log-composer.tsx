import { useMutation } from '@tanstack/react-query'
import { CalendarPlus, Mail, MessageSquareReply, Phone, StickyNote, UsersRound, type LucideIcon } from 'lucide-react'
import { useEffect, useRef, useState, type RefObject } from 'react'
import { logInteraction } from '@/lib/api/leads'
import { messageOf } from '@/lib/api/problem'
import { createTask } from '@/lib/api/tasks'
import type { InteractionKind, InteractionOutcome } from '@/lib/api/types'
import { composing } from '@/lib/composing'
import { t as say, useT } from '@/lib/i18n'
import { carryLogDraft, clearLogDraft, logDraft, logDrafts, nameAttempt, writeLogDraft, type LogDraft } from '@/lib/log-drafts'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { useStore } from '@/lib/store'
import { toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Input, Select } from '@/ui/field'
import { MessageComposer, takeFocus } from '@/ui/message-composer'
import { FormError } from '@/ui/states'

type Logged = InteractionKind | 'task'
type Mode = Logged | 'message'
const MODES: { mode: Mode; icon: LucideIcon }[] = [
  { mode: 'note', icon: StickyNote },
  { mode: 'call', icon: Phone },
  { mode: 'meeting', icon: UsersRound },
  { mode: 'email', icon: Mail },
  { mode: 'task', icon: CalendarPlus },
  { mode: 'message', icon: MessageSquareReply },
]
export const OUTCOMES: InteractionOutcome[] = ['connected', 'no_answer', 'voicemail', 'positive', 'negative']

type Leads = readonly { id: number; name: string }[]
type Props = {
  /** Whose history it goes into; the first unless another one is chosen. Without any, messages alone can be written. */
  leads: Leads
  /** Whom messages go to. */
  contact: { id: number; name: string }
  onSaved: () => void
}

/** Whether somebody may write messages from here. */
export const mayMessage = (me: ReturnType<typeof useMe>): boolean => can(me, 'messages.send') && can(me, 'tickets.read')

/** The longest text of each kind. */
const most = (mode: Mode) => (mode === 'task' ? 200 : 10_000)

/** Logs what was done, says what is to be done, or writes to the person. What was typed stays until the server has it, wherever one goes. */
export function LogComposer({ leads, contact, onSaved }: Props) {
  const t = useT()
  const me = useMe()
  const mayLog = can(me, 'leads.write') && leads.length > 0
  const modes = MODES.filter(({ mode }) => (mode === 'message' ? mayMessage(me) : mayLog))
  const all = useStore(logDrafts)
  // A lead's own where there is no doubt which; what is written to a person is about no lead.
  const [only, another] = leads
  const about = only && !another ? `lead:${only.id}` : `person:${contact.id}`
  const keyOf = (one: Mode) => `${me.id}:${one === 'message' ? `person:${contact.id}` : about}:${one}`
  const hasBegun = (one: Mode) => logDraft(all, keyOf(one)).text.trim() !== ''
  // Whoever comes back goes on where they were.
  const [wanted, setMode] = useState<Mode>(() => modes.find(({ mode }) => hasBegun(mode))?.mode ?? 'note')
  const area = useRef<HTMLTextAreaElement>(null)
  const toFocus = useRef(false)
  const asked = useStore(composing)
  useEffect(() => {
    if (!asked) return
    composing.set(null)
    setMode(asked.mode)
    toFocus.current = true
    // After the palette gave the focus back to where it was.
    setTimeout(() => takeFocus(area, toFocus), 0)
  }, [asked])
  const mode = modes.find(one => one.mode === wanted)?.mode ?? modes[0]?.mode
  if (!mode) return null
  const draft = logDraft(all, keyOf(mode))
  const write = (change: (old: LogDraft) => LogDraft) => writeLogDraft(keyOf(mode), change)
  const go = (to: Mode) => {
    // Never into a message: what is said among colleagues is not for the customer.
    if (mode !== 'message' && to !== 'message' && to !== mode) carryLogDraft(keyOf(mode), keyOf(to), most(to))
    setMode(to)
  }
  return (
    <div className={cn('rounded-xl border bg-panel p-3', mode === 'note' && 'bg-note!')}>
      <div role="group" aria-label={t('lead.composer')} className="mb-2 flex flex-wrap gap-1">
        {modes.map(({ mode: one, icon: Icon }) => (
          <Button key={one} variant="ghost" aria-pressed={one === mode} onClick={() => go(one)} className={cn(one === mode && 'bg-accent-soft! text-accent!')}>
            <Icon size={13} aria-hidden /> {t(`lead.log.${one}`)}
            {one !== mode && hasBegun(one) && <span role="img" aria-label={t('lead.begun')} title={t('lead.begun')} className="size-1.5 rounded-full bg-accent" />}
          </Button>
        ))}
      </div>
      {mode === 'message' ? (
        <MessageComposer key={contact.id} contact={contact} lead={leads[0]?.id} draftKey={keyOf(mode)} draft={draft} write={write} area={area} toFocus={toFocus} onSent={onSaved} />
      ) : (
        <LogForm key={keyOf(mode)} mode={mode} leads={leads} name={contact.name} draftKey={keyOf(mode)} draft={draft} write={write} area={area} toFocus={toFocus} onSaved={onSaved} />
      )}
    </div>
  )
}

type FormProps = {
  mode: Logged
  leads: Leads
  name: string
  draftKey: string
  draft: LogDraft
  write: (change: (old: LogDraft) => LogDraft) => void
  area: RefObject<HTMLTextAreaElement | null>
  toFocus: RefObject<boolean>
  onSaved: () => void
}

function LogForm({ mode, leads, name, draftKey, draft, write, area, toFocus, onSaved }: FormProps) {
  const t = useT()
  const set = (change: Partial<LogDraft>) => write(old => ({ ...old, ...change }))
  const { text, outcome = '', due = '' } = draft
  const lead = leads.find(one => one.id === draft.lead) ?? leads[0]
  const isHere = useRef(true)
  useEffect(() => {
    isHere.current = true
    takeFocus(area, toFocus)
    return () => {
      isHere.current = false
    }
  }, [area, toFocus])
  const save = useMutation({
    mutationFn: async ({ id, summary }: { id: number; summary: string }) => {
      const attempt = nameAttempt(draftKey, JSON.stringify([id, summary, outcome, due]))
      if (mode === 'task') await createTask({ title: summary, lead_id: id, due_at: due ? new Date(due).toISOString() : null }, attempt)
      else await logInteraction(id, { type: mode, summary, outcome: outcome || null }, attempt)
    },
    onSuccess: (_, { summary }) => {
      clearLogDraft(draftKey, summary)
      onSaved()
    },
    onError: error => {
      if (!isHere.current) toastFailure(say('lead.keptUnsent', { name, why: messageOf(error) }))
    },
  })
  if (!lead) return null
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (text.trim() || mode === 'call') save.mutate({ id: lead.id, summary: text.trim() })
      }}
    >
      <textarea
        ref={area}
        aria-label={t(`lead.log.${mode}`)}
        value={text}
        maxLength={most(mode)}
        placeholder={t(mode === 'task' ? 'lead.taskHint' : 'lead.logHint')}
        onChange={event => set({ text: event.target.value })}
        onKeyDown={event => (event.ctrlKey || event.metaKey) && event.key === 'Enter' && event.currentTarget.form?.requestSubmit()}
        className="min-h-16 w-full resize-y rounded-md border border-edge bg-panel px-2.5 py-2 placeholder:text-mute"
      />
      {save.isError && <FormError>{messageOf(save.error)}</FormError>}
      <div className="mt-2 flex flex-wrap items-center gap-2">
        {leads.length > 1 && (
          <Select aria-label={t('lead.whichLead')} value={lead.id} onChange={e => set({ lead: Number(e.target.value) })} className="max-w-56">
            {leads.map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
          </Select>
        )}
        {mode === 'task' && <Input type="datetime-local" aria-label={t('task.due')} value={due} onChange={e => set({ due: e.target.value })} className="w-auto!" />}
        {mode !== 'task' && mode !== 'note' && (
          <Select aria-label={t('lead.result')} value={outcome} onChange={e => set({ outcome: (e.target.value || undefined) as InteractionOutcome | undefined })}>
            <option value="">{t('lead.noResult')}</option>
            {OUTCOMES.map(one => <option key={one} value={one}>{t(`lead.result.${one}`)}</option>)}
          </Select>
        )}
        <Button type="submit" variant="solid" className="ml-auto" disabled={save.isPending || (!text.trim() && mode !== 'call')}>{t('common.save')}</Button>
      </div>
    </form>
  )
}
