import { en } from '@/lib/i18n/en/desk'
import type { en as admin } from '@/lib/i18n/en/admin'
import type { en as hours } from '@/lib/i18n/en/hours'
import type { en as imports } from '@/lib/i18n/en/imports'
import type { en as leads } from '@/lib/i18n/en/leads'
import type { en as people } from '@/lib/i18n/en/people'
import type { en as replies } from '@/lib/i18n/en/replies'
import type { en as session } from '@/lib/i18n/en/session'
import type { en as setup } from '@/lib/i18n/en/setup'
import type { en as spam } from '@/lib/i18n/en/spam'
import { createStore, useStore } from '@/lib/store'
import { recall, remember } from '@/lib/storage'

type Dictionary = typeof en & typeof hours & typeof leads & typeof people & typeof imports & typeof admin & typeof replies & typeof session & typeof setup & typeof spam
export type Key = keyof Dictionary
export type Locale = 'en' | 'vi'
/** The part of a plural key before `.one` and `.other`. */
export type PluralKey = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never
type Params = Record<string, string | number>
type Words = Record<string, string>

/** Texts that are loaded together: those of the first pages, and of pages that few open or open later. */
export type Book = keyof typeof books

const books = {
  desk: { en: async () => en, vi: async () => (await import('@/lib/i18n/vi/desk')).vi },
  leads: { en: async () => (await import('@/lib/i18n/en/leads')).en, vi: async () => (await import('@/lib/i18n/vi/leads')).vi },
  hours: { en: async () => (await import('@/lib/i18n/en/hours')).en, vi: async () => (await import('@/lib/i18n/vi/hours')).vi },
  imports: { en: async () => (await import('@/lib/i18n/en/imports')).en, vi: async () => (await import('@/lib/i18n/vi/imports')).vi },
  people: { en: async () => (await import('@/lib/i18n/en/people')).en, vi: async () => (await import('@/lib/i18n/vi/people')).vi },
  replies: { en: async () => (await import('@/lib/i18n/en/replies')).en, vi: async () => (await import('@/lib/i18n/vi/replies')).vi },
  setup: { en: async () => (await import('@/lib/i18n/en/setup')).en, vi: async () => (await import('@/lib/i18n/vi/setup')).vi },
  session: { en: async () => (await import('@/lib/i18n/en/session')).en, vi: async () => (await import('@/lib/i18n/vi/session')).vi },
  spam: { en: async () => (await import('@/lib/i18n/en/spam')).en, vi: async () => (await import('@/lib/i18n/vi/spam')).vi },
  admin: { en: async () => (await import('@/lib/i18n/en/admin')).en, vi: async () => (await import('@/lib/i18n/vi/admin')).vi },
} satisfies Record<string, Record<Locale, () => Promise<Words>>>

const STORED = 'frontdesk.locale'
const state = createStore<{ locale: Locale; words: Words }>({ locale: 'en', words: en })
const opened = new Set<Book>(['desk'])

async function read(language: Locale): Promise<Words> {
  return Object.assign({}, ...(await Promise.all([...opened].map(book => books[book][language]()))))
}

export const locale = (): Locale => state.get().locale

/** The language to begin with: chosen on this device, else the browser's. */
export function firstLocale(): Locale {
  const stored = recall('local', STORED)
  if (stored === 'en' || stored === 'vi') return stored
  return navigator.language.toLowerCase().startsWith('vi') ? 'vi' : 'en'
}

export async function setLocale(next: Locale): Promise<void> {
  const words = await read(next)
  remember('local', STORED, next)
  document.documentElement.lang = next
  state.set({ locale: next, words })
}

/** Makes a book's texts known; a page waits for those of its own before it shows. */
export async function openBooks(...wanted: Book[]): Promise<void> {
  if (wanted.every(book => opened.has(book))) return
  const language = locale()
  const found = await Promise.all(wanted.map(book => books[book][language]()))
  if (locale() !== language) return openBooks(...wanted)
  for (const book of wanted) opened.add(book)
  state.set({ locale: language, words: Object.assign({}, state.get().words, ...found) })
}

export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? number(value) : value
  })
}

export function t(key: Key, params?: Params): string {
  const text = state.get().words[key] ?? key
  return params ? fill(text, params) : text
}

/** A counted phrase: `n` picks the form and fills `{n}`. */
export function tn(base: PluralKey, n: number, params: Params = {}): string {
  const form = kept(plurals, name => new Intl.PluralRules(name)).select(n) === 'one' ? 'one' : 'other'
  return t(`${base}.${form}` as Key, { ...params, n })
}

/** A phrase for a word the server may add to later; what is unknown is shown as it came. */
export function tOr(key: string, fallback: string, params?: Params): string {
  const text = state.get().words[key]
  if (text === undefined) return fallback
  return params ? fill(text, params) : text
}

const numbers = new Map<Locale, Intl.NumberFormat>()
const plurals = new Map<Locale, Intl.PluralRules>()

/** Formatters are dear to make and cheap to keep. */
function kept<T>(made: Map<Locale, T>, make: (locale: Locale) => T): T {
  const known = made.get(locale())
  if (known) return known
  const fresh = make(locale())
  made.set(locale(), fresh)
  return fresh
}

/** The same for a word the server may add to later; null when it is unknown. */
export function tnOr(base: string, n: number): string | null {
  return `${base}.other` in state.get().words ? tn(base as PluralKey, n) : null
}

export const number = (n: number): string => kept(numbers, name => new Intl.NumberFormat(name)).format(n)

/** Makes a component follow the language. */
export function useLocale(): Locale {
  return useStore(state).locale
}

/** `t` for components: rendering again when the language changes. */
export function useT(): typeof t {
  useLocale()
  return t
}
