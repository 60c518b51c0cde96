import { useQuery } from '@tanstack/react-query'
import { useLeadActions } from '@/features/leads/actions'
import { useMover } from '@/features/leads/move-menu'
import { peopleQuery } from '@/lib/api/staff'
import type { Lead, Pipeline } from '@/lib/api/types'
import { useCommands, type Command } from '@/lib/commands'
import { composing } from '@/lib/composing'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { mayMessage } from '@/ui/log-composer'

/** What the palette can do with the lead on screen. */
export function LeadCommands({ lead, pipeline }: { lead: Lead; pipeline: Pipeline }) {
  const t = useT()
  const me = useMe()
  const mover = useMover(pipeline)
  const { change, archive, restore } = useLeadActions()
  const people = useQuery(peopleQuery)
  const isArchived = lead.archived_at !== null
  const mayWrite = can(me, 'leads.write') && !isArchived
  const log = (mode: 'note' | 'call' | 'task' | 'message') => ({ group: 'lead', run: () => composing.set({ mode }) }) as const
  const stages = pipeline.stages.filter(stage => stage.is_active && stage.key !== lead.status)
  const others = can(me, 'leads.assign', 'team') ? (people.data ?? []).filter(person => person.id !== lead.assigned_to) : []
  const writing: Command[] = [
    { ...log('call'), id: 'lead-call', label: t('lead.do.call') },
    { ...log('task'), id: 'lead-task', label: t('lead.do.task', { name: lead.name }) },
    { ...log('note'), id: 'lead-note', label: t('lead.do.note') },
    ...stages.map((stage): Command => ({ id: `lead-move-${stage.key}`, group: 'lead', label: t('lead.do.move', { stage: stage.name }), run: () => mover.move(lead.id, lead.status, stage.key) })),
    ...others.map((person): Command => ({
      id: `lead-assign-${person.id}`, group: 'lead', label: t('palette.assignTo', { name: person.name }),
      run: () => void change(lead.id, { owner: { id: person.id, name: person.name }, assigned_to: person.id }, { assigned_to: person.id }),
    })),
  ]
  const putting: Command = isArchived
    ? { id: 'lead-restore', group: 'lead', label: t('lead.restore'), run: () => void restore(lead.id) }
    : { id: 'lead-archive', group: 'lead', label: t('lead.archive'), run: () => void archive(lead.id) }
  const messaging: Command[] = mayMessage(me) && !isArchived ? [{ ...log('message'), id: 'lead-message', label: t('lead.do.message', { name: lead.name }) }] : []
  useCommands('lead', [...messaging, ...(mayWrite ? writing : []), ...(can(me, 'leads.delete') ? [putting] : [])])
  return <>{mover.dialog}</>
}
