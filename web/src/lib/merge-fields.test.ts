import { describe, expect, it } from 'vitest'
import { partsOf, shortcutOf, type Samples } from '@/lib/merge-fields'

const samples = { 'contact.name': 'An', 'contact.email': '' } as Samples

describe('merge fields', () => {
  it('show their samples', () => {
    expect(partsOf('Hi {{ contact.name }}!', samples)).toEqual([
      { kind: 'plain', text: 'Hi ' },
      { kind: 'value', text: 'An' },
      { kind: 'plain', text: '!' },
    ])
    expect(partsOf('{{contact.name|there}}', samples)).toEqual([{ kind: 'value', text: 'An' }])
  })

  it('that do not exist are told apart, and so is what nothing closes', () => {
    for (const text of ['{{contact.nme}}', '{{contact.name', '{{}}', '{{toString}}']) expect(partsOf(text, samples), text).toEqual([{ kind: 'unknown', text }])
    expect(partsOf('{{ {{contact.name}}', samples)).toEqual([{ kind: 'unknown', text: '{{ ' }, { kind: 'value', text: 'An' }])
    expect(partsOf('a { b } c', samples)).toEqual([{ kind: 'plain', text: 'a { b } c' }])
  })
})

describe('a shortcut', () => {
  it('is made of a name', () => {
    expect(shortcutOf('Chào hỏi – Đổi trả!')).toBe('chao-hoi-doi-tra')
    expect(shortcutOf('  ')).toBe('')
  })
})
