import { useMemo, type ReactNode } from 'react'
import { AgingBadge, LeadPriorityBadge, Score, StageBadge } from '@/features/leads/labels'
import type { LeadRow, Pipeline } from '@/lib/api/types'
import { t as say, useT } from '@/lib/i18n'
import type { LeadSort } from '@/lib/lead-search'
import { money } from '@/lib/money'
import { recall, remember } from '@/lib/storage'
import { createStore, useStore } from '@/lib/store'
import { date, shortAge } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { cn } from '@/ui/cn'

/** What a cell shows besides its row. */
export type CellContext = { now: number; sourceName: (key: string) => string; pipelineOf: (row: LeadRow) => Pipeline | undefined; shown: ReadonlySet<string> }
/** Where a cell can be changed. */
export type Editable = 'name' | 'stage' | 'owner' | 'priority' | 'value'

export type Column = {
  id: string
  label: string
  /** The least that it needs, in pixels, and its part of what is left. */
  least: number
  part: number
  /** The orders that its head offers, the usual one first. */
  sorts?: [LeadSort, LeadSort]
  edit?: Editable
  cell: (row: LeadRow, context: CellContext) => ReactNode
}

export const USUAL = ['name', 'stage', 'contact', 'score', 'owner', 'value', 'created_at']
const STORED = 'frontdesk.leads.columns'

const none = <span className="text-mute">–</span>
const words = (text: string | null | undefined) => (text ? <span title={text}>{text}</span> : none)
const moment = (iso: string | null) => (iso ? <span title={date(iso)}>{date(iso)}</span> : none)
const ago = (iso: string | null, now: number) => (iso ? <span className="text-mute" title={date(iso)}>{shortAge(iso, now)}</span> : none)

/** A field of the pipeline as its kind is read. */
function customText(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'boolean') return say(value ? 'common.yes' : 'common.no')
  const text = String(value)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? date(text) : text
}

/** Every column that there is for the leads of a pipeline. The name comes first, always. */
export function useColumns(pipeline: Pipeline | undefined): Column[] {
  const t = useT()
  return useMemo(() => {
    const all: Column[] = [
      { id: 'name', label: t('lead.name'), least: 200, part: 2, sorts: ['name', '-name'], edit: 'name', cell: row => row.name },
      {
        id: 'stage', label: t('lead.stage'), least: 140, part: 1, edit: 'stage',
        cell: row => (
          <span className="flex min-w-0 items-center gap-1.5">
            <StageBadge stage={row.stage} />
          </span>
        ),
      },
      { id: 'priority', label: t('ticket.priority'), least: 90, part: 0.5, edit: 'priority', cell: row => <LeadPriorityBadge priority={row.priority} /> },
      { id: 'contact', label: t('lead.contact'), least: 150, part: 1.2, cell: row => words(row.phone ?? row.email) },
      { id: 'phone', label: t('lead.phone'), least: 130, part: 1, cell: row => words(row.phone) },
      { id: 'email', label: t('lead.email'), least: 160, part: 1.2, cell: row => words(row.email) },
      { id: 'company', label: t('column.company'), least: 120, part: 1, cell: row => words(row.contact.company?.name) },
      { id: 'score', label: t('lead.score'), least: 64, part: 0, sorts: ['-score', 'score'], cell: row => <Score score={row.score} /> },
      { id: 'owner', label: t('lead.owner'), least: 120, part: 1, edit: 'owner', cell: row => row.owner?.name ?? <span className="text-mute">{t('lead.nobodys')}</span> },
      { id: 'department', label: t('column.department'), least: 120, part: 1, cell: row => words(row.department?.name) },
      {
        id: 'value', label: t('lead.worth'), least: 110, part: 1, sorts: ['-value', 'value'], edit: 'value',
        cell: row => (row.value === null ? none : <span className="tabular-nums">{money(row.value, row.currency)}</span>),
      },
      { id: 'source', label: t('lead.source'), least: 110, part: 1, cell: (row, { sourceName }) => words(sourceName(row.source)) },
      { id: 'vendor', label: t('column.vendor'), least: 110, part: 1, cell: row => words(row.vendor?.name) },
      {
        id: 'disposition', label: t('lead.disposition'), least: 120, part: 1,
        cell: (row, context) => words(context.pipelineOf(row)?.dispositions.find(term => term.key === row.disposition)?.name ?? row.disposition),
      },
      {
        id: 'tags', label: t('column.tags'), least: 140, part: 1,
        cell: row => (row.tags.length === 0 ? none : <span className="flex gap-1 overflow-hidden" title={row.tags.join(', ')}>{row.tags.map(tag => <Badge key={tag}>{tag}</Badge>)}</span>),
      },
      { id: 'due_at', label: t('lead.due'), least: 130, part: 0.5, sorts: ['due_at', '-due_at'], cell: (row, { now }) => (row.is_overdue ? <AgingBadge lead={row} now={now} /> : moment(row.due_at)) },
      { id: 'last_interaction_at', label: t('column.last_interaction_at'), least: 90, part: 0.3, sorts: ['-last_interaction_at', 'last_interaction_at'], cell: (row, { now }) => ago(row.last_interaction_at, now) },
      { id: 'stage_entered_at', label: t('column.stage_entered_at'), least: 90, part: 0.3, cell: (row, { now }) => ago(row.stage_entered_at, now) },
      { id: 'created_at', label: t('column.created_at'), least: 90, part: 0.3, sorts: ['-created_at', 'created_at'], cell: (row, { now }) => ago(row.created_at, now) },
      { id: 'updated_at', label: t('column.updated_at'), least: 90, part: 0.3, sorts: ['-updated_at', 'updated_at'], cell: (row, { now }) => ago(row.updated_at, now) },
    ]
    const fields = (pipeline?.fields ?? []).filter(field => field.is_active)
    return [
      ...all,
      ...fields.map((field): Column => ({ id: `custom.${field.key}`, label: field.label, least: 120, part: 1, cell: row => words(customText(row.custom[field.key])) })),
    ]
  }, [t, pipeline])
}

/** This device's choice, for every address that says nothing of columns. */
const chosen = createStore<readonly string[]>(recall('local', STORED)?.split(',') ?? USUAL)

/** The columns to show, in order: of the address, else of this device. */
export function useChosen(all: Column[], inAddress: string | undefined): Column[] {
  const here = useStore(chosen)
  return useMemo(() => {
    const ids = ['name', ...(inAddress?.split(',') ?? here).filter(id => id !== 'name')]
    return ids.map(id => all.find(column => column.id === id)).filter(column => column !== undefined)
  }, [all, here, inAddress])
}

export function chooseColumns(ids: string[]): void {
  chosen.set(ids)
  remember('local', STORED, ids.join(','))
}

/** The widths as the grid's template, and what they come to at least. */
export function gridOf(columns: Column[]): { template: string; least: number } {
  const template = ['28px', ...columns.map(({ least, part }) => (part === 0 ? `${least}px` : `minmax(${least}px, ${part}fr)`))].join(' ')
  return { template, least: columns.reduce((sum, column) => sum + column.least + 12, 28 + 32) }
}

/** Cells of narrow screens: who and where; the rest is on the lead's own page. */
export const phoneClass = (column: Column) => cn(column.id !== 'name' && column.id !== 'stage' && 'max-sm:hidden')
