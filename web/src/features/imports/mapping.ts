/** What the columns of a table become. Pure. */
import type { Import, ImportOptions, LeadField, Pipeline } from '@/lib/api/types'
import { includesFolded } from '@/lib/commands'

/** Field by column, the first column being `"0"`. */
export type Mapping = Import['mapping']

/** Fields that several columns may be; the first is the primary one. */
const REPEATED: readonly string[] = ['phone', 'email']
const WHO = ['name', 'first_name', 'last_name', 'phone', 'email']
const CUSTOM = 'custom.'

/** The groups in which fields are offered; those of the pipeline follow. */
export const GROUPS: { group: 'who' | 'lead' | 'student'; fields: readonly string[] }[] = [
  { group: 'who', fields: ['name', 'first_name', 'middle_name', 'last_name', 'phone', 'email', 'company'] },
  { group: 'lead', fields: ['status', 'source', 'owner', 'disposition', 'priority', 'value', 'tags', 'notes', 'created_at'] },
  { group: 'student', fields: ['student_name', 'student_grade', 'student_date_of_birth'] },
]

export const mayRepeat = (field: string): boolean => REPEATED.includes(field)

export const isOwn = (field: string): boolean => field.startsWith(CUSTOM)

/** As spreadsheets count: A, B … Z, AA. */
export function letters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26))
  return column < 26 ? last : letters(Math.floor(column / 26) - 1) + last
}

/** The first different values of a column. */
export function samples(table: readonly string[][], column: number, most = 3): string[] {
  const filled = table.map(row => row[column] ?? '').filter(cell => cell !== '')
  return [...new Set(filled)].slice(0, most)
}

/** A column becomes a field, or nothing; no field is two columns unless it may be. */
export function choose(mapping: Mapping, column: number, field: string): Mapping {
  const kept = Object.entries(mapping).filter(([other, taken]) => other !== String(column) && (taken !== field || mayRepeat(field)))
  return Object.fromEntries(field === '' ? kept : [...kept, [String(column), field]])
}

/** The column that a fault is about; faults may name a part of a field, or which of its columns (`phone.2`). */
export function columnOf(mapping: Mapping, field: string): number | null {
  const whole = isOwn(field) ? field : (field.split('.')[0] ?? field)
  const found = Object.entries(mapping).filter(([, taken]) => taken === whole).map(([column]) => Number(column)).sort((a, b) => a - b)
  const nth = mayRepeat(whole) ? Number(field.split('.')[1] ?? 1) - 1 : 0
  return found[nth] ?? null
}

/** Whether it can be told whom a row is about. */
export const tellsWho = (mapping: Mapping): boolean => Object.values(mapping).some(field => WHO.includes(field))

const owned = (pipeline: Pipeline): LeadField[] => pipeline.fields.filter(field => field.is_active)

/** Fields without which no lead is made, and which no column is. */
export function lacking(mapping: Mapping, pipeline: Pipeline, duplicates: ImportOptions['duplicates']): LeadField[] {
  if (duplicates === 'update') return []
  const taken = new Set(Object.values(mapping))
  return owned(pipeline).filter(field => field.is_required && !taken.has(CUSTOM + field.key))
}

/** Whether any column holds days. */
export function hasDays(mapping: Mapping, pipeline: Pipeline | undefined): boolean {
  const days = pipeline ? owned(pipeline).filter(field => field.kind === 'date').map(field => CUSTOM + field.key) : []
  return Object.values(mapping).some(field => field === 'created_at' || field === 'student_date_of_birth' || days.includes(field))
}

const same = (a: string, b: string): boolean => includesFolded(a, b) && includesFolded(b, a)

/** For another pipeline: the fields of the old one go, and columns that are named as the new one's are those. */
export function forPipeline(mapping: Mapping, headers: readonly string[], pipeline: Pipeline): Mapping {
  const own = owned(pipeline)
  const kept = Object.entries(mapping).filter(([, field]) => !isOwn(field) || own.some(one => CUSTOM + one.key === field))
  return headers.reduce<Mapping>((found, header, column) => {
    if (found[String(column)] || header === '') return found
    const field = own.find(one => (same(one.label, header) || same(one.key, header)) && !Object.values(found).includes(CUSTOM + one.key))
    return field ? { ...found, [String(column)]: CUSTOM + field.key } : found
  }, Object.fromEntries(kept))
}

/** The words that a field takes, where it takes only some. */
export function choicesOf(field: string, pipeline: Pipeline | undefined): string[] {
  if (!pipeline) return []
  if (field === 'status') return pipeline.stages.filter(stage => stage.is_active).map(stage => stage.name)
  if (field === 'disposition') return pipeline.dispositions.map(term => term.name)
  return pipeline.fields.find(one => CUSTOM + one.key === field)?.options ?? []
}

/** Tags as they are typed: with commas between. */
export const tagsOf = (text: string): string[] => [...new Set(text.split(',').map(tag => tag.trim()).filter(Boolean))]
