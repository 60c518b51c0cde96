/** A pipeline while it is being changed. Rows have ids of their own, for a key is made only when its name is there. */
import type { FollowUp, LeadField, NewLeadField, NewStage, Pipeline, PipelineChange, Stage, Term } from '@/lib/api/types'

export type StageRow = { uid: string; key: string; name: string; kind: Stage['kind']; hours: string; followUps: FollowUpRow[] }
export type FollowUpRow = { uid: string; title: string; description: string; hours: string }
/** A word with a key, or a text alone where the key is empty. */
export type WordRow = { uid: string; key: string; name: string }
export type FieldRow = { uid: string; key: string; label: string; kind: LeadField['kind']; options: string; required: boolean; filterable: boolean; isNew: boolean }

export type PipelineDraft = {
  name: string
  currency: string
  isDefault: boolean
  hasStudents: boolean
  /** What the hours of stages count in; null: the clock. */
  hoursId: number | null
  stages: StageRow[]
  dispositions: WordRow[]
  checklist: WordRow[]
  lostReasons: WordRow[]
}

let made = 0
/** For a row that the server does not know yet. */
export const newUid = (): string => `new-${(made += 1)}`

/** A key out of a name: small letters, digits and underscores, unlike any of `taken`. */
export function keyOf(name: string, taken: readonly string[], nameless = 'item'): string {
  const plain = name.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll(/[đĐ]/g, 'd').toLowerCase()
  const base = plain.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '').slice(0, 56) || nameless
  let key = base
  for (let n = 2; taken.includes(key); n += 1) key = `${base}_${n}`
  return key
}

/** The list with one of its rows in another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const item = list[from]
  if (item === undefined || to < 0 || to >= list.length || from === to) return [...list]
  return list.toSpliced(from, 1).toSpliced(to, 0, item)
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const hoursOf = (text: string): number | null => (text.trim() === '' ? null : Number(text))

const followUpRow = (task: FollowUp, n: number): FollowUpRow => ({
  uid: `task-${n}`, title: task.title, description: task.description ?? '', hours: String(task.due_hours ?? ''),
})
const stageRow = (stage: Stage): StageRow => ({
  uid: stage.key, key: stage.key, name: stage.name, kind: stage.kind, hours: String(stage.sla_hours ?? ''), followUps: stage.follow_ups.map(followUpRow),
})
const wordRow = (term: Term): WordRow => ({ uid: term.key, key: term.key, name: term.name })

export const draftOf = (pipeline: Pipeline): PipelineDraft => ({
  name: pipeline.name,
  currency: pipeline.currency,
  isDefault: pipeline.is_default,
  hasStudents: pipeline.has_students,
  hoursId: pipeline.business_hours_id,
  stages: pipeline.stages.filter(stage => stage.is_active).map(stageRow),
  dispositions: pipeline.dispositions.map(wordRow),
  checklist: pipeline.checklist.map(wordRow),
  lostReasons: pipeline.lost_reasons.map((name, n) => ({ uid: `reason-${n}`, key: '', name })),
})

/** A stage of former times, as it was. */
export const stageAgain = (stage: Stage): StageRow => stageRow(stage)

const stageOf = ({ key, name, kind, hours, followUps }: StageRow): NewStage => ({
  key,
  name: name.trim(),
  kind,
  sla_hours: kind === 'open' ? hoursOf(hours) : null,
  follow_ups: followUps.map(task => ({ title: task.title.trim(), description: task.description.trim(), due_hours: hoursOf(task.hours) })),
})

/** Each row with its key; one that has none yet is given one by its name. `taken` are those of former times. */
export function keyed<T extends { key: string }>(rows: readonly T[], nameOf: (row: T) => string, taken: readonly string[], nameless: string): T[] {
  const known = [...taken, ...rows.map(row => row.key).filter(Boolean)]
  return rows.map(row => {
    if (row.key) return row
    const key = keyOf(nameOf(row), known, nameless)
    known.push(key)
    return { ...row, key }
  })
}

export const stagesOf = (draft: PipelineDraft, pipeline: Pipeline): StageRow[] =>
  keyed(draft.stages, row => row.name, pipeline.stages.map(stage => stage.key), 'stage')
export const wordsOf = (rows: WordRow[], nameless: string): WordRow[] => keyed(rows, row => row.name, [], nameless)

/** What is sent: the parts that differ from what was read. */
export function changesOf(draft: PipelineDraft, read: PipelineDraft, pipeline: Pipeline): PipelineChange {
  const change: PipelineChange = {}
  const terms = (rows: WordRow[], nameless: string): Term[] => wordsOf(rows, nameless).map(({ key, name }) => ({ key, name: name.trim() }))
  if (draft.name !== read.name) change.name = draft.name.trim()
  if (draft.currency !== read.currency) change.currency = draft.currency.trim().toUpperCase()
  if (draft.isDefault !== read.isDefault) change.is_default = draft.isDefault
  if (draft.hasStudents !== read.hasStudents) change.has_students = draft.hasStudents
  if (draft.hoursId !== read.hoursId) change.business_hours_id = draft.hoursId
  if (!same(draft.stages, read.stages)) change.stages = stagesOf(draft, pipeline).map(stageOf)
  if (!same(draft.dispositions, read.dispositions)) change.dispositions = terms(draft.dispositions, 'disposition')
  if (!same(draft.checklist, read.checklist)) change.checklist = terms(draft.checklist, 'item')
  if (!same(draft.lostReasons, read.lostReasons)) change.lost_reasons = draft.lostReasons.map(row => row.name.trim())
  return change
}

const fieldRow = (field: LeadField): FieldRow => ({
  uid: field.key, key: field.key, label: field.label, kind: field.kind, options: field.options.join('\n'),
  required: field.is_required, filterable: field.is_filterable, isNew: false,
})

export const fieldsOf = (pipeline: Pipeline): FieldRow[] => pipeline.fields.filter(field => field.is_active).map(fieldRow)
/** A field of former times, as it was. */
export const fieldAgain = (field: LeadField): FieldRow => fieldRow(field)

export const optionsOf = (text: string): string[] => text.split('\n').map(line => line.trim()).filter(Boolean)

export const keyedFields = (rows: FieldRow[], pipeline: Pipeline): FieldRow[] =>
  keyed(rows, row => row.label, pipeline.fields.map(field => field.key), 'field')

export const sentFields = (rows: FieldRow[], pipeline: Pipeline): NewLeadField[] =>
  keyedFields(rows, pipeline).map(row => ({
    key: row.key, label: row.label.trim(), kind: row.kind, options: row.kind === 'choice' ? optionsOf(row.options) : [],
    is_required: row.required, is_filterable: row.filterable,
  }))
