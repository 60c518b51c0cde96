import { describe, expect, it } from 'vitest'
import { isTyping, keyName, KeyReader, offerKeys } from '@/lib/keys/shortcuts'

describe('keys', () => {
  it('have one name each', () => {
    expect(keyName({ key: 'J', shiftKey: false })).toBe('j')
    expect(keyName({ key: 'E', shiftKey: true })).toBe('Shift+E')
    expect(keyName({ key: '?', shiftKey: true })).toBe('?')
    expect(keyName({ key: 'Enter', shiftKey: false })).toBe('Enter')
  })

  it('are read singly and in sequence', () => {
    const said: string[] = []
    const bindings = { r: () => said.push('reply'), 'g r': () => said.push('routing'), j: () => said.push('next') }
    const reader = new KeyReader()
    const press = (name: string, at: number) => reader.read(name, bindings, at)?.({} as KeyboardEvent)
    press('r', 0)
    press('g', 10)
    press('r', 200)
    press('r', 300)
    expect(said).toEqual(['reply', 'routing', 'reply'])
  })

  it('forget a sequence that took too long', () => {
    const reader = new KeyReader()
    const bindings = { 'g i': () => {}, j: () => {} }
    expect(reader.read('g', bindings, 0)).toBeNull()
    expect(reader.read('i', bindings, 5000)).toBeNull()
  })

  it('leave fields alone', () => {
    document.body.innerHTML = '<textarea></textarea><button>b</button><div contenteditable="true"><b>x</b></div>'
    expect(isTyping(document.querySelector('textarea'))).toBe(true)
    expect(isTyping(document.querySelector('b'))).toBe(true)
    expect(isTyping(document.querySelector('button'))).toBe(false)
  })

  it('of several owners are read together', () => {
    const said: string[] = []
    const release = [offerKeys({ current: { r: () => said.push('reply') } }), offerKeys({ current: { 'g r': () => said.push('routing') } })]
    const press = (key: string) => dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }))
    press('g')
    press('r')
    press('r')
    for (const off of release) off()
    press('r')
    expect(said).toEqual(['routing', 'reply'])
  })
})
