import { describe, expect, it } from 'vitest'
import { blanksIn, readable, slashAt } from '@/lib/slash'

const at = (text: string) => slashAt(text.replace('^', ''), text.indexOf('^'))

describe('a slash', () => {
  it('calls at the start, after a space and on a new line', () => {
    expect(at('/^')).toEqual({ from: 0, typed: '' })
    expect(at('/vi^')).toEqual({ from: 0, typed: 'vi' })
    expect(at('Hello /chào^ there')).toEqual({ from: 6, typed: 'chào' })
    expect(at('Hello\n\n/^')).toEqual({ from: 7, typed: '' })
  })

  it('says nothing within words and addresses, or once a word is over', () => {
    for (const text of ['and/or^', 'https://x^', '/vi ^', '//^', '^/vi', `/${'x'.repeat(41)}^`]) expect(at(text), text).toBeNull()
  })
})

describe('blanks', () => {
  it('are found once each', () => {
    expect(blanksIn('Hi [contact.name], [lead.stage] [contact.name] [x] [1.2]')).toEqual(['[contact.name]', '[lead.stage]'])
    expect(blanksIn('')).toEqual([])
  })
})

it('a reply reads without its fields', () => {
  expect(readable('Hi {{contact.first_name|there}}, {{agent.name}} {x} {{ {{lead.name|}}')).toBe('Hi there, {agent.name} {x} {{ ')
})
