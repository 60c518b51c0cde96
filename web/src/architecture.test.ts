// The shape of the tree, kept by a test: what may import what, and how large a file may grow.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname)
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name))
const source = new Map(files.map(name => [name, readFileSync(join(ROOT, name), 'utf8')]))

function importsOf(file: string): string[] {
  const found = (source.get(file) ?? '').matchAll(/(?:from\s+|import\(|import\s+)'([^']+)'/g)
  return [...found].flatMap(([, path = '']) => {
    if (path.startsWith('@/')) return [path.slice(2)]
    return path.startsWith('.') ? [relative(ROOT, resolve(ROOT, dirname(file), path))] : []
  })
}

const slice = (path: string) => (path.startsWith('features/') ? path.split('/')[1] : undefined)
const layer = (path: string) => path.split('/')[0]

/** What each layer may build upon. */
const MAY: Record<string, string[]> = { lib: ['lib'], ui: ['ui', 'lib'], features: ['features', 'ui', 'lib'], app: ['app', 'features', 'ui', 'lib'] }

const offences = (judge: (file: string, target: string) => boolean) =>
  files.flatMap(file => importsOf(file).filter(target => judge(file, target)).map(target => `${file} imports ${target}`))

describe('the tree', () => {
  it('has features that do not know each other', () => {
    expect(offences((file, target) => slice(file) !== undefined && slice(target) !== undefined && slice(file) !== slice(target))).toEqual([])
  })

  it('has layers that only look down', () => {
    expect(offences((file, target) => file.includes('/') && !(MAY[layer(file) ?? '']?.includes(layer(target) ?? '') ?? true))).toEqual([])
  })

  it('imports its own files by their full path', () => {
    const relativeOnes = files.filter(file => /from '\.\.?\//.test(source.get(file) ?? ''))
    expect(relativeOnes).toEqual([])
  })

  it('has no barrel files', () => {
    const barrels = files.filter(file => {
      const lines = (source.get(file) ?? '').split('\n').filter(line => line.trim() && !line.startsWith('//'))
      return lines.length > 0 && lines.every(line => /^export (\*|\{.*\}|type \{.*\}) from /.test(line))
    })
    expect(barrels).toEqual([])
  })

  it('has no file over 400 lines, dictionaries aside', () => {
    const isDictionary = (file: string) => /^lib\/i18n\/(en|vi)\/\w+\.ts$/.test(file)
    expect(files.filter(file => !isDictionary(file) && (source.get(file) ?? '').split('\n').length > 400)).toEqual([])
  })

  it('styles nothing by what it holds: with :has() the browser restyles the page whenever a row comes or goes', () => {
    const asks = /['"`\s:](?:(?:group|peer|not)-)?has-(?:\[|\w)[^'"`]*['"`]|:has\(/
    expect(files.filter(file => file.endsWith('.tsx') && asks.test(source.get(file) ?? ''))).toEqual([])
  })

  it('never says any', () => {
    expect(files.filter(file => /(:|as|<)\s*any\b/.test((source.get(file) ?? '').replace(/\/\/.*|\/\*[\s\S]*?\*\/|'[^'\n]*'/g, '')))).toEqual([])
  })
})
