/** A vendor's rules as the form holds them: everything is said, however little the server was told. */
import type { CheckedPost, FieldRule, VendorRules } from '@/lib/api/types'
import { t, tOr } from '@/lib/i18n'

export const FORMATS = ['text', 'phone', 'digits10', 'email', 'date', 'zip', 'us_state', 'url', 'ip'] as const
export const TARGETS = ['name', 'first_name', 'last_name', 'phone', 'email', 'notes', 'custom', 'nowhere'] as const
export const STRATEGIES = ['round_robin', 'capacity_based', 'manual', 'none'] as const

export type Form = Required<Omit<VendorRules, 'country' | 'fields'>> & { country: string; fields: Required<FieldRule>[] }

export const formOf = (rules: VendorRules): Form => ({
  one_of: rules.one_of ?? [],
  equal: rules.equal ?? [],
  code_required: rules.code_required ?? false,
  unknown: rules.unknown ?? 'keep',
  country: rules.country ?? '',
  fields: rules.fields.map(rule => ({ ...newField(), ...rule, key: rule.key ?? null })),
})

export const newField = (): Required<FieldRule> => ({ name: '', required: false, format: 'text', options: [], target: 'nowhere', key: null })

/** As the server takes them: without lines that say nothing. */
export const rulesOf = (form: Form): VendorRules => ({
  ...form,
  country: form.country.trim().toUpperCase() || null,
  one_of: form.one_of.map(words).filter(group => group.length > 0),
  equal: form.equal.filter(pair => pair.field.trim() !== '' || pair.to.trim() !== ''),
  fields: form.fields.map(rule => ({ ...rule, name: rule.name.trim(), options: words(rule.options), key: rule.target === 'custom' ? rule.key : null })),
})

const words = (list: string[]) => list.map(word => word.trim()).filter(Boolean)
/** Choices one per line, for they hold commas: as they are typed, and as they stand in the rules. */
export const typedChoices = (options: string[]): string => options.join('\n')
export const choices = (text: string): string[] => (text === '' ? [] : text.split('\n'))
/** What is typed with commas between: names of fields. */
export const listed = (text: string): string[] => text.split(',').map(word => word.trimStart())
export const typedList = (list: string[]): string => list.join(', ')

type Fault = CheckedPost['errors'][number]

/** A fault of a post in words; the format that is asked for is named. */
export function faultWords(fault: Fault, rules: VendorRules): string {
  const rule = rules.fields.find(one => one.name === fault.field)
  const pair = rules.equal?.find(one => one.field === fault.field)
  const group = rules.one_of?.find(names => names[0] === fault.field)
  if (fault.code === 'format') return rule?.format && rule.format !== 'text' ? t('vendor.must.format', { format: t(`vendor.format.${rule.format}`) }) : t('vendor.must.unread')
  if (fault.code === 'not_one_of' && rule?.options?.length) return t('vendor.must.options', { options: rule.options.join(' | ') })
  if (fault.code === 'mismatch' && pair) return t('vendor.must.equal', { field: pair.to })
  if (fault.code === 'required' && group && !rule?.required) return t('vendor.must.oneOf', { fields: group.join(', ') })
  return tOr(`vendor.must.${fault.code}`, fault.message)
}

/** A post to begin with: every field once. */
export function example(rules: VendorRules, code: string): string {
  const samples: Record<(typeof FORMATS)[number], string> = {
    text: 'Ann Lee', phone: '+14155550123', digits10: '4155550123', email: 'ann@example.com', date: '2026-01-31', zip: '94105', us_state: 'CA',
    url: 'https://example.com', ip: '203.0.113.7',
  }
  const named: Partial<Record<FieldRule['target'], string>> = { first_name: 'Ann', last_name: 'Lee', notes: 'Please call me.' }
  const sample = (rule: FieldRule) => rule.options?.[0] ?? (rule.format === 'text' || !rule.format ? named[rule.target] : undefined) ?? samples[rule.format ?? 'text']
  const post = new Map(rules.fields.map(rule => [rule.name, sample(rule)]))
  for (const pair of rules.equal ?? []) post.set(pair.field, post.get(pair.to) ?? 'x')
  if (rules.code_required) post.set('vendor_code', code)
  return JSON.stringify(Object.fromEntries(post), null, 2)
}
