import { useMutation } from '@tanstack/react-query'
import { CalendarPlus, Mail, Phone, StickyNote, UsersRound, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import { logInteraction } from '@/lib/api/leads'
import { createTask } from '@/lib/api/tasks'
import type { InteractionKind, InteractionOutcome, Lead } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { Button } from '@/ui/button'
import { cn } from '@/ui/cn'
import { Input, Select } from '@/ui/field'
import { FormError } from '@/ui/states'

type Mode = InteractionKind | 'task'
const MODES: { mode: Mode; icon: LucideIcon }[] = [
  { mode: 'note', icon: StickyNote },
  { mode: 'call', icon: Phone },
  { mode: 'meeting', icon: UsersRound },
  { mode: 'email', icon: Mail },
  { mode: 'task', icon: CalendarPlus },
]
const OUTCOMES: InteractionOutcome[] = ['connected', 'no_answer', 'voicemail', 'positive', 'negative']

/** Logs what was done, or says what is to be done. What was typed stays until the server has it. */
export function LeadComposer({ lead }: { lead: Lead }) {
  const t = useT()
  const me = useMe()
  const { refresh } = useLeadActions()
  const [mode, setMode] = useState<Mode>('note')
  const [text, setText] = useState('')
  const [outcome, setOutcome] = useState<InteractionOutcome | ''>('')
  const [due, setDue] = useState('')
  const save = useMutation({
    mutationFn: async () => {
      if (mode === 'task') await createTask({ title: text.trim(), lead_id: lead.id, due_at: due ? new Date(due).toISOString() : null })
      else await logInteraction(lead.id, { type: mode, summary: text.trim(), outcome: outcome || null })
    },
    onSuccess: () => {
      setText('')
      setOutcome('')
      setDue('')
      refresh(lead.id)
    },
  })
  if (!can(me, 'leads.write') || lead.archived_at) return null
  return (
    <form
      className={cn('rounded-xl border bg-panel p-3', mode === 'note' && 'bg-note!')}
      onSubmit={event => {
        event.preventDefault()
        if (text.trim() || mode === 'call') save.mutate()
      }}
    >
      <div role="group" aria-label={t('lead.composer')} className="mb-2 flex flex-wrap gap-1">
        {MODES.map(({ mode: one, icon: Icon }) => (
          <Button key={one} variant="ghost" aria-pressed={one === mode} onClick={() => setMode(one)} className={cn(one === mode && 'bg-accent-soft! text-accent!')}>
            <Icon size={13} aria-hidden /> {t(`lead.log.${one}`)}
          </Button>
        ))}
      </div>
      <textarea
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
