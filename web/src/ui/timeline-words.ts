/** What entries of a timeline say: who did it, and what something was before and after, by the names that people know. */
import type { Pipeline, TimelineEntry } from '@/lib/api/types'
import { number, t, tOr } from '@/lib/i18n'
import { money } from '@/lib/money'
import { dateTime } from '@/lib/time'

export type Facts = Record<string, unknown>
export const text = (facts: Facts | null, key: string): string => (typeof facts?.[key] === 'string' ? (facts[key] as string) : '')
export const inner = (facts: Facts, key: string): Facts => (typeof facts[key] === 'object' && facts[key] !== null ? (facts[key] as Facts) : {})

type Named = { id: number; name: string }
/** What a page knows of a lead whose entries it shows. */
export type KnownLead = { pipeline: Pipeline | undefined; currency: string; owner: Named | null; vendor: Named | null }
export type TimelineNames = {
  of: (lead: number) => KnownLead | undefined
  /** Said at each entry of a lead; a page about one lead says nothing. */
  lead?: (id: number) => string | undefined
}
/** Names by id, and of sources by key. */
export type Known = {
  people: ReadonlyMap<number, string>
  departments: ReadonlyMap<number, string>
  apiKeys: ReadonlyMap<number, string>
  sources: ReadonlyMap<string, string>
}

export const stageOf = (names: TimelineNames, lead: number, key: string): string =>
  names.of(lead)?.pipeline?.stages.find(stage => stage.key === key)?.name ?? key

/** Who did it. A program is no automatism: it says so, by its name or its vendor's where that is known. */
export function actorOf(entry: TimelineEntry, names: TimelineNames, known: Known): string {
  const { kind, id, name } = entry.actor
  if (name) return name
  if (kind === 'contact') return t('lead.byContact')
  if (kind === 'user') return t('lead.bySomebody')
  if (kind !== 'api_key') return t('lead.bySystem')
  const posted = (entry.data as Facts).vendor_id
  if (typeof posted === 'number') {
    const vendor = names.of(entry.subject.id)?.vendor
    return vendor?.id === posted ? t('lead.byVendor', { name: vendor.name }) : t('lead.byAVendor')
  }
  const key = known.apiKeys.get(id ?? 0)
  return key ? t('lead.byKey', { name: key }) : t('lead.byAKey')
}

const isEmpty = (value: unknown) => value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
const words = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const capital = (line: string) => line.charAt(0).toLocaleUpperCase() + line.slice(1)
const arrow = (what: string, before: string, after: string) => `${what}: ${before} → ${after}`

/** Fields whose values say something to people; of the others an entry says only that they changed. */
const VALUED = ['source', 'disposition', 'priority', 'value', 'tags', 'score', 'checklist']

/** What is different since, a line each. */
export function changesOf(entry: TimelineEntry, names: TimelineNames, known: Known): string[] {
  const data = entry.data as Facts
  const [before, after] = [inner(data, 'before'), inner(data, 'after')]
  const lead = entry.subject.kind === 'lead' ? names.of(entry.subject.id) : undefined
  if (entry.kind === 'lead.assigned') return given(before, after, lead, known)
  if (entry.kind === 'lead.created') return text(data, 'source') ? [`${t('lead.source')}: ${sourceOf(text(data, 'source'), known)}`] : []
  if (entry.kind === 'lead.lost') return text(data, 'reason') ? [text(data, 'reason')] : []
  if (entry.kind === 'lead.overdue') return text(data, 'due_at') ? [`${t('lead.due')}: ${dateTime(text(data, 'due_at'))}`] : []
  const change = text(data, 'change')
  if (change) return [tOr(`lead.address.${change}`, change)]
  const fields = words(data.fields)
  const isTold = (field: string) => entry.kind === 'lead.updated' && VALUED.includes(field)
  const told = fields.filter(isTold).map(field => difference(field, before, after, lead, known))
  const rest = fields.filter(field => !isTold(field) && !(field === 'currency' && fields.includes('value')))
  return rest.length > 0 ? [...told, capital(rest.map(field => tOr(`lead.field.${field}`, field)).join(', '))] : told
}

/** The lead stays whose it is, and goes to another department. */
export function isOnlyDepartment(entry: TimelineEntry): boolean {
  const [before, after] = [inner(entry.data as Facts, 'before'), inner(entry.data as Facts, 'after')]
  return entry.kind === 'lead.assigned' && before.owner_id === after.owner_id && before.department_id !== after.department_id
}

const sourceOf = (key: string, known: Known) => known.sources.get(key) ?? key

/** To whom, and from whom. */
function given(before: Facts, after: Facts, lead: KnownLead | undefined, known: Known): string[] {
  const person = (id: unknown) => {
    if (typeof id !== 'number') return t('lead.nobodys')
    return known.people.get(id) ?? (lead?.owner?.id === id ? lead.owner.name : t('lead.bySomebody'))
  }
  const department = (id: unknown) => (typeof id === 'number' ? (known.departments.get(id) ?? t('lead.anotherDepartment')) : t('common.none'))
  const lines = []
  if (before.owner_id !== after.owner_id) lines.push(`${person(before.owner_id)} → ${person(after.owner_id)}`)
  if (before.department_id !== after.department_id) lines.push(arrow(t('column.department'), department(before.department_id), department(after.department_id)))
  return lines
}

function difference(field: string, before: Facts, after: Facts, lead: KnownLead | undefined, known: Known): string {
  const what = capital(tOr(`lead.field.${field}`, field))
  if (field === 'tags' || field === 'checklist') {
    const [old, fresh] = [words(before[field]), words(after[field])]
    const name = (key: string) => (field === 'checklist' ? (lead?.pipeline?.checklist.find(term => term.key === key)?.name ?? key) : key)
    const signed = [...fresh.filter(one => !old.includes(one)).map(one => `+ ${name(one)}`), ...old.filter(one => !fresh.includes(one)).map(one => `− ${name(one)}`)]
    return `${what}: ${signed.join(', ')}`
  }
  const said = (facts: Facts) => {
    const value = facts[field]
    if (isEmpty(value)) return t('common.none')
    if (field === 'value' && typeof value === 'number') return money(value, text(facts, 'currency') || lead?.currency || 'USD')
    if (field === 'priority') return tOr(`priority.${String(value)}`, String(value))
    if (field === 'source') return sourceOf(String(value), known)
    if (field === 'disposition') return lead?.pipeline?.dispositions.find(term => term.key === value)?.name ?? String(value)
    return typeof value === 'number' ? number(value) : String(value)
  }
  return arrow(what, said(before), said(after))
}
