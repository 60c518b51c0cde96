import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { fill, setLocale, t, tn } from '@/lib/i18n'
import { en } from '@/lib/i18n/en'
import { vi } from '@/lib/i18n/vi'

const ROOT = resolve(import.meta.dirname, '../..')
const code = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter(name => /\.tsx?$/.test(name) && !name.includes('.test.') && !/i18n\/(en|vi)\.ts$/.test(name))
  .map(name => readFileSync(join(ROOT, name), 'utf8'))
  .join('\n')

const words: Record<string, string> = en
const other: Record<string, string> = vi
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort()

describe('the dictionaries', () => {
  it('have the same keys', () => {
    expect(Object.keys(vi).sort()).toEqual(Object.keys(en).sort())
  })

  it('leave nothing empty', () => {
    expect(Object.keys(en).filter(key => !words[key]?.trim() || !other[key]?.trim())).toEqual([])
  })

  it('name the same values in both languages', () => {
    expect(Object.keys(en).filter(key => String(names(words[key] ?? '')) !== String(names(other[key] ?? '')))).toEqual([])
  })

  it('hold every key that the code asks for', () => {
    const asked = [...code.matchAll(/\bt\('([\w.]+)'/g)].map(match => match[1] ?? '')
    const counted = [...code.matchAll(/\btn\('([\w.]+)'/g)].flatMap(match => [`${match[1]}.one`, `${match[1]}.other`])
    expect([...asked, ...counted].filter(key => !(key in en))).toEqual([])
  })

  it('hold no key that nothing asks for', () => {
    const literal = new Set([...code.matchAll(/'([a-zA-Z]+(?:\.\w+)+)'/g)].map(match => match[1]))
    const prefixes = [...code.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(match => match[1] ?? '')
    const isUsed = (key: string) =>
      literal.has(key) || literal.has(key.replace(/\.(one|other)$/, '')) || prefixes.some(prefix => key.startsWith(prefix))
    expect(Object.keys(en).filter(key => !isUsed(key))).toEqual([])
  })
})

describe('texts', () => {
  afterEach(() => setLocale('en'))

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
