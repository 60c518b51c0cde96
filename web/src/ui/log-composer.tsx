import { useMutation } from '@tanstack/react-query'
import { CalendarPlus, Mail, MessageSquareReply, Phone, StickyNote, UsersRound, type LucideIcon } from 'lucide-react'
import { useEffect, useRef, useState, type RefObject } from 'react'
import { logInteraction } from '@/lib/api/leads'
import { createTask } from '@/lib/api/tasks'
import type { InteractionKind, InteractionOutcome } from '@/lib/api/types'
import { composing } from '@/lib/composing'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { useStore } from '@/lib/store'
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

/** Logs what was done, says what is to be done, or writes to the person. What was typed stays until the server has it. */
export function LogComposer({ leads, contact, onSaved }: Props) {
  const t = useT()
  const me = useMe()
  const mayLog = can(me, 'leads.write') && leads.length > 0
  const modes = MODES.filter(({ mode }) => (mode === 'message' ? mayMessage(me) : mayLog))
  const [wanted, setMode] = useState<Mode>('note')
  const [text, setText] = useState('')
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
  return (
    <div className={cn('rounded-xl border bg-panel p-3', mode === 'note' && 'bg-note!')}>
      <div role="group" aria-label={t('lead.composer')} className="mb-2 flex flex-wrap gap-1">
        {modes.map(({ mode: one, icon: Icon }) => (
          <Button key={one} variant="ghost" aria-pressed={one === mode} onClick={() => setMode(one)} className={cn(one === mode && 'bg-accent-soft! text-accent!')}>
            <Icon size={13} aria-hidden /> {t(`lead.log.${one}`)}
          </Button>
        ))}
      </div>
      {mode === 'message' ? (
        <MessageComposer contact={contact} lead={leads[0]?.id} text={text} setText={setText} area={area} toFocus={toFocus} onSent={onSaved} />
      ) : (
        <LogForm mode={mode} leads={leads} text={text} setText={setText} area={area} onSaved={onSaved} />
      )}
    </div>
  )
}

type FormProps = { mode: Logged; leads: Leads; text: string; setText: (text: string) => void; area: RefObject<HTMLTextAreaElement | null>; onSaved: () => void }

function LogForm({ mode, leads, text, setText, area, onSaved }: FormProps) {
  const t = useT()
  const [outcome, setOutcome] = useState<InteractionOutcome | ''>('')
  const [due, setDue] = useState('')
  const [chosen, setChosen] = useState<number | null>(null)
  const lead = leads.find(one => one.id === chosen) ?? leads[0]
  const save = useMutation({
    mutationFn: async (id: number) => {
      if (mode === 'task') await createTask({ title: text.trim(), lead_id: id, due_at: due ? new Date(due).toISOString() : null })
      else await logInteraction(id, { type: mode, summary: text.trim(), outcome: outcome || null })
    },
    onSuccess: () => {
      setText('')
      setOutcome('')
      setDue('')
      onSaved()
    },
  })
  if (!lead) return null
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (text.trim() || mode === 'call') save.mutate(lead.id)
      }}
    >
      <textarea
        ref={area}
        aria-label={t(`lead.log.${mode}`)}
        value={text}
        maxLength={mode === 'task' ? 200 : 10_000}
        placeholder={t(mode === 'task' ? 'lead.taskHint' : 'lead.logHint')}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => (event.ctrlKey || event.metaKey) && event.key === 'Enter' && event.currentTarget.form?.requestSubmit()}
        className="min-h-16 w-full resize-y rounded-md border border-edge bg-panel px-2.5 py-2 placeholder:text-mute"
      />
      {save.isError && <FormError>{save.error.message}</FormError>}
      <div className="mt-2 flex flex-wrap items-center gap-2">
        {leads.length > 1 && (
          <Select aria-label={t('lead.whichLead')} value={lead.id} onChange={e => setChosen(Number(e.target.value))} className="max-w-56">
            {leads.map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
          </Select>
        )}
        {mode === 'task' && <Input type="datetime-local" aria-label={t('task.due')} value={due} onChange={e => setDue(e.target.value)} className="w-auto!" />}
        {mode !== 'task' && mode !== 'note' && (
          <Select aria-label={t('lead.result')} value={outcome} onChange={e => setOutcome(e.target.value as InteractionOutcome | '')}>
            <option value="">{t('lead.noResult')}</option>
            {OUTCOMES.map(one => <option key={one} value={one}>{t(`lead.result.${one}`)}</option>)}
          </Select>
        )}
        <Button type="submit" variant="solid" className="ml-auto" disabled={save.isPending || (!text.trim() && mode !== 'call')}>{t('common.save')}</Button>
      </div>
    </form>
  )
}
