import { useQuery } from '@tanstack/react-query'
import { Pencil, UserRound } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import { Part, Row } from '@/features/leads/fact-fields'
import { PRIORITIES, Score } from '@/features/leads/labels'
import { Custom } from '@/features/leads/lead-custom'
import { Students } from '@/features/leads/lead-students'
import { Department, Notes, Source, LeadTags } from '@/features/leads/lead-words'
import { useLeadTasks } from '@/features/leads/queries'
import { peopleQuery } from '@/lib/api/staff'
import type { Lead, LeadPriority, Pipeline, ScoreLine, Task } from '@/lib/api/types'
import { number, tOr, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { minorUnits, money, typed } from '@/lib/money'
import { can } from '@/lib/permissions'
import { dateTime } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon, channelName } from '@/ui/channel-icon'
import { Check, Input, Select } from '@/ui/field'
import { Picker } from '@/ui/picker'
import { TaskDialog } from '@/ui/task-dialog'
import { useTasks } from '@/ui/use-tasks'

/** The facts beside the timeline, each changed where it stands. */
export function LeadFacts({ lead, pipeline }: { lead: Lead; pipeline: Pipeline | undefined }) {
  const t = useT()
  const me = useMe()
  const mayWrite = can(me, 'leads.write') && !lead.archived_at
  return (
    <aside aria-label={t('lead.facts')} className="w-80 shrink-0 divide-y rounded-xl border bg-panel max-lg:w-full">
      <Facts lead={lead} pipeline={pipeline} mayWrite={mayWrite} />
      <Todo lead={lead} />
      {pipeline && pipeline.checklist.length > 0 && <Checklist lead={lead} pipeline={pipeline} />}
      <Methods lead={lead} />
      {(lead.students.length > 0 || (mayWrite && pipeline?.has_students)) && <Students lead={lead} mayWrite={mayWrite} />}
      {pipeline && <Custom lead={lead} pipeline={pipeline} mayWrite={mayWrite} />}
      <Points lead={lead} />
    </aside>
  )
}

function Facts({ lead, pipeline, mayWrite }: { lead: Lead; pipeline: Pipeline | undefined; mayWrite: boolean }) {
  const t = useT()
  const { change } = useLeadActions()
  const setPriority = (priority: LeadPriority) => void change(lead.id, { priority }, { priority })
  return (
    <Part title={t('lead.facts')}>
      <dl className="grid grid-cols-[92px_1fr] gap-y-2">
        <Row name={t('lead.owner')}><Owner lead={lead} /></Row>
        <Row name={t('ticket.priority')}>
          <Select aria-label={t('ticket.priority')} value={lead.priority} disabled={!mayWrite} onChange={e => setPriority(e.target.value as LeadPriority)}>
            {PRIORITIES.map(priority => <option key={priority} value={priority}>{t(`priority.${priority}`)}</option>)}
          </Select>
        </Row>
        {pipeline && pipeline.dispositions.length > 0 && (
          <Row name={t('lead.disposition')}>
            <Select
              aria-label={t('lead.disposition')}
              value={lead.disposition ?? ''}
              disabled={!mayWrite}
              onChange={e => void change(lead.id, { disposition: e.target.value || null }, { disposition: e.target.value || null })}
            >
              <option value="">–</option>
              {pipeline.dispositions.map(term => <option key={term.key} value={term.key}>{term.name}</option>)}
            </Select>
          </Row>
        )}
        <Row name={t('lead.worth')}><Worth key={lead.value} lead={lead} disabled={!mayWrite} /></Row>
        <Row name={t('lead.source')}><Source lead={lead} mayWrite={mayWrite} /></Row>
        <Row name={t('column.department')}><Department lead={lead} mayWrite={mayWrite} /></Row>
        <Row name={t('column.tags')}><LeadTags lead={lead} mayWrite={mayWrite} /></Row>
        {lead.lost_reason && <Row name={t('lead.reason')}>{lead.lost_reason}</Row>}
        <Row name={t('ticket.created')}>{dateTime(lead.created_at)}</Row>
        {lead.due_at && <Row name={t('lead.due')}>{dateTime(lead.due_at)}</Row>}
      </dl>
      <Notes lead={lead} mayWrite={mayWrite} />
    </Part>
  )
}

function Owner({ lead }: { lead: Lead }) {
  const t = useT()
  const me = useMe()
  const people = useQuery(peopleQuery)
  const { change } = useLeadActions()
  const [isOpen, setOpen] = useState(false)
  const name = lead.owner?.name ?? t('lead.nobodys')
  if (!can(me, 'leads.assign', 'team') || lead.archived_at) return <>{name}</>
  return (
    <Picker
      label={t('lead.assign')}
      open={isOpen}
      onOpenChange={setOpen}
      items={(people.data ?? []).map(person => ({ id: String(person.id), text: person.name, chosen: person.id === lead.assigned_to }))}
      onPick={id => {
        const owner = people.data?.find(person => String(person.id) === id)
        if (owner) void change(lead.id, { owner: { id: owner.id, name: owner.name }, assigned_to: owner.id }, { assigned_to: owner.id })
      }}
      trigger={<Button className="max-w-full"><UserRound size={13} aria-hidden /> <span className="truncate">{name}</span></Button>}
    />
  )
}

/** An amount that is typed where it stands; Enter or leaving keeps it. */
function Worth({ lead, disabled }: { lead: Lead; disabled: boolean }) {
  const t = useT()
  const { change } = useLeadActions()
  const [text, setText] = useState(typed(lead.value, lead.currency))
  const value = minorUnits(text, lead.currency)
  const keep = () => {
    if (value !== undefined && value !== lead.value) void change(lead.id, { value }, { value })
  }
  return (
    <span className="flex items-center gap-2">
      <Input
        aria-label={t('lead.value', { currency: lead.currency })}
        aria-invalid={value === undefined}
        inputMode="decimal"
        disabled={disabled}
        value={text}
        onChange={e => setText(e.target.value)}
        onBlur={keep}
        onKeyDown={e => e.key === 'Enter' && keep()}
        className="w-28!"
      />
      <span className="truncate text-xs text-mute">{value === undefined ? t('lead.noAmount') : value === null ? '' : money(value, lead.currency)}</span>
    </span>
  )
}

function Todo({ lead }: { lead: Lead }) {
  const t = useT()
  const me = useMe()
  const { data } = useLeadTasks(lead.id)
  const { turn, isBusy } = useTasks()
  const [editing, setEditing] = useState<Task | null>(null)
  const mayWrite = can(me, 'tasks.write')
  return (
    <Part title={t('nav.tasks')}>
      {data?.length === 0 && <p className="text-mute">{t('task.nothingToDo')}</p>}
      <ul className="space-y-2">
        {data?.map(task => (
          <li key={task.id} className="flex items-start gap-2">
            <div className="min-w-0 flex-1">
              <Check label={task.title} checked={isBusy(task)} disabled={isBusy(task) || !mayWrite} onChange={() => turn(task)} />
              {task.due_at && <p className={task.is_overdue ? 'ml-6 text-xs text-danger' : 'ml-6 text-xs text-mute'}>{dateTime(task.due_at)}</p>}
            </div>
            {mayWrite && (
              <Button variant="ghost" size="tiny" onClick={() => setEditing(task)}>
                <Pencil size={12} aria-hidden /> <span className="sr-only">{t('task.editNamed', { title: task.title })}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {editing && <TaskDialog key={editing.id} task={editing} onOpenChange={() => setEditing(null)} />}
    </Part>
  )
}

function Checklist({ lead, pipeline }: { lead: Lead; pipeline: Pipeline }) {
  const t = useT()
  const me = useMe()
  const { change } = useLeadActions()
  const toggle = (key: string) => {
    const checklist = lead.checklist.includes(key) ? lead.checklist.filter(one => one !== key) : [...lead.checklist, key]
    void change(lead.id, { checklist }, { checklist })
  }
  return (
    <Part title={t('lead.checklist', { done: lead.checklist.length, all: pipeline.checklist.length })}>
      <ul className="space-y-1.5">
        {pipeline.checklist.map(term => (
          <li key={term.key}><Check label={term.name} checked={lead.checklist.includes(term.key)} disabled={!can(me, 'leads.write') || lead.archived_at !== null} onChange={() => toggle(term.key)} /></li>
        ))}
      </ul>
    </Part>
  )
}

function Methods({ lead }: { lead: Lead }) {
  const t = useT()
  return (
    <Part title={t('details.person')}>
      <p className="mb-1.5 font-medium">
        <Link to="/people/$contact" params={{ contact: String(lead.contact_id) }} className="text-accent hover:underline">{lead.contact.name}</Link>
        {lead.contact.company && <span className="font-normal text-mute"> · {lead.contact.company.name}</span>}
      </p>
      <ul className="space-y-1">
        {lead.contact_methods.filter(method => method.is_active).map(method => (
          <li key={method.id} className="flex items-center gap-2">
            <span className="text-mute"><ChannelIcon channel={method.type} size={13} /></span>
            <span className="sr-only">{channelName(method.type)}</span>
            <span className="min-w-0 flex-1 truncate" title={method.value}>{method.value}</span>
            {method.opted_out && <Badge tone="warn">{t('details.optedOut')}</Badge>}
            {method.is_primary && <Badge>{t('details.primary')}</Badge>}
          </li>
        ))}
      </ul>
    </Part>
  )
}

/** How the score comes about, the most weighty first. */
function Points({ lead }: { lead: Lead }) {
  const t = useT()
  const parts = (lead.score_parts as ScoreLine[]).filter(part => part.points !== 0)
  return (
    <section className="p-4">
      <h2 className="mb-2.5 flex justify-between text-xs font-semibold text-mute"><span>{t('lead.score')}</span> <Score score={lead.score} /></h2>
      <ul className="space-y-1">
        {parts.map(part => (
          <li key={part.part} className="flex justify-between gap-2">
            <span className="truncate">{tOr(`lead.part.${part.part}`, part.part)}</span>
            <span className={part.points < 0 ? 'text-danger tabular-nums' : 'text-ok tabular-nums'}>{part.points > 0 ? '+' : ''}{number(part.points)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
