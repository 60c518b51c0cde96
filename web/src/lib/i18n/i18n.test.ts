import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { fill, openBooks, setLocale, t, tn } from '@/lib/i18n'

const ROOT = resolve(import.meta.dirname, '../..')
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter(name => /\.tsx?$/.test(name) && !name.includes('.test.') && !name.startsWith('lib/i18n/'))
  .map(name => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }))
const code = files.map(file => file.text).join('\n')

const books = readdirSync(join(ROOT, 'lib/i18n/en')).map(name => name.replace('.ts', ''))
const read = async (language: 'en' | 'vi') => {
  const all = await Promise.all(books.map(async book => (await import(`./${language}/${book}.ts`))[language] as Record<string, string>))
  return new Map(all.map((words, n) => [books[n] ?? '', words]))
}
const inEnglish = await read('en')
const inVietnamese = await read('vi')
const en: Record<string, string> = Object.assign({}, ...inEnglish.values())
const other: Record<string, string> = Object.assign({}, ...inVietnamese.values())
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort()

const literals = (text: string) => [...text.matchAll(/'([a-zA-Z]+(?:\.\w+)+)'/g)].map(match => match[1] ?? '')
const beginnings = (text: string) => [...text.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(match => match[1] ?? '')
/** The keys of `of` that a text asks for, be it by their beginning. */
const askedBy = (text: string, of: Iterable<string>) => {
  const literal = new Set(literals(text))
  const begins = beginnings(text)
  return [...of].filter(key => literal.has(key) || literal.has(key.replace(/\.(one|other)$/, '')) || begins.some(prefix => key.startsWith(prefix)))
}

/** The books that a page of the router opens. */
function openedBy(feature: string): string[] {
  const router = readFileSync(join(ROOT, 'app/router.tsx'), 'utf8')
  const pages = [...router.matchAll(/import\('@\/features\/([\w-]+)\/[^']+'\)((?:, '\w+')*)\)?/g)].filter(match => match[1] === feature)
  const all = pages.map(match => [...(match[2] ?? '').matchAll(/'(\w+)'/g)].map(book => book[1] ?? ''))
  return (all[0] ?? []).filter(book => all.every(others => others.includes(book)))
}

/** Who shows a file of ui: features, and `app` where the shell does; also through other files of ui. */
function shownBy(name: string, seen = new Set<string>()): string[] {
  if (seen.has(name)) return []
  seen.add(name)
  const path = `'@/${name.replace(/\.tsx?$/, '')}'`
  return files.filter(file => file.text.includes(path)).flatMap(file => (file.name.startsWith('ui/') ? shownBy(file.name, seen) : [featureOf(file.name) ?? 'app']))
}
const featureOf = (name: string) => /^features\/([\w-]+)\//.exec(name)?.[1]

/** The books that are opened whenever a file is loaded: `[import(…), openBooks(…)]`. */
function openedWith(name: string): string[] {
  const path = `'@/${name.replace(/\.tsx?$/, '')}'`
  const loaders = files.filter(file => file.text.includes(path)).map(file => file.text.split(`import(${path}), openBooks(`)[1]?.split(')')[0] ?? '')
  const all = loaders.map(text => [...text.matchAll(/'(\w+)'/g)].map(book => book[1] ?? ''))
  return (all[0] ?? []).filter(book => all.every(others => others.includes(book)))
}

/** The books that are open wherever a file is on screen. */
function openFor(name: string): string[] {
  if (!name.startsWith('ui/')) return ['desk', ...openedBy(featureOf(name) ?? '')]
  const shown = [...new Set(shownBy(name))].map(feature => openedBy(feature))
  return ['desk', ...openedWith(name), ...(shown[0] ?? []).filter(book => shown.every(others => others.includes(book)))]
}

describe('the dictionaries', () => {
  it('have the same keys', () => {
    expect(Object.keys(other).sort()).toEqual(Object.keys(en).sort())
  })

  it('leave nothing empty', () => {
    expect(Object.keys(en).filter(key => !en[key]?.trim() || !other[key]?.trim())).toEqual([])
  })

  it('name the same values in both languages', () => {
    expect(Object.keys(en).filter(key => String(names(en[key] ?? '')) !== String(names(other[key] ?? '')))).toEqual([])
  })

  it('hold every key that the code asks for', () => {
    const asked = [...code.matchAll(/\bt\('([\w.]+)'/g)].map(match => match[1] ?? '')
    const counted = [...code.matchAll(/\btn\('([\w.]+)'/g)].flatMap(match => [`${match[1]}.one`, `${match[1]}.other`])
    expect([...asked, ...counted].filter(key => !(key in en))).toEqual([])
  })

  it('hold no key that nothing asks for', () => {
    const used = new Set(askedBy(code, Object.keys(en)))
    expect(Object.keys(en).filter(key => !used.has(key))).toEqual([])
  })

  it('hold a key once', () => {
    const keys = [...inEnglish.values()].flatMap(book => Object.keys(book))
    expect(keys.filter((key, n) => keys.indexOf(key) !== n)).toEqual([])
  })

  it('are open wherever they are asked', () => {
    const missing = files.flatMap(({ name, text }) => {
      const open = openFor(name)
      return [...inEnglish].filter(([book]) => !open.includes(book)).flatMap(([book, words]) => askedBy(text, Object.keys(words)).map(key => `${name} asks ${book} for ${key}`))
    })
    expect(missing).toEqual([])
  })

  it('exist in both languages', () => {
    expect(books.filter(book => !existsSync(join(ROOT, `lib/i18n/vi/${book}.ts`)))).toEqual([])
  })
})

describe('texts', () => {
  afterEach(() => setLocale('en'))

  it('of a book are there once it is open, in whatever language is spoken then', async () => {
    await openBooks('leads')
    expect(t('task.new')).toBe('New task')
    await setLocale('vi')
    expect(t('task.new')).toBe('Thêm việc')
  })

  it('are filled, and show what is missing', () => {
    expect(fill('{name} of {n}', { name: 'A', n: 1200 })).toBe('A of 1,200')
    expect(fill('{name}', {})).toBe('{name}')
  })

  it('follow the language', async () => {
    expect(t('nav.inbox')).toBe('Inbox')
    await setLocale('vi')
    expect(t('nav.inbox')).toBe('Hộp thư')
    expect(document.documentElement.lang).toBe('vi')
  })

  it('count', () => {
    expect(tn('bulk.done', 1)).toBe('1 ticket changed')
    expect(tn('bulk.done', 3)).toBe('3 tickets changed')
  })
})
