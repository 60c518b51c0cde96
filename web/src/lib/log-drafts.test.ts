import { beforeEach, describe, expect, it, vi } from 'vitest'
import { carryLogDraft, clearLogDraft, forgetLogDrafts, logDraft, logDrafts, nameAttempt, writeLogDraft } from '@/lib/log-drafts'

const write = (key: string, text: string) => writeLogDraft(key, old => ({ ...old, text }))
const textOf = (key: string) => logDraft(logDrafts.get(), key).text

describe('what is written about leads', () => {
  beforeEach(forgetLogDrafts)

  it('is kept by whom it is about and what it is', () => {
    write('1:lead:1:note', 'Rang twice.')
    write('1:lead:2:note', 'Another one.')
    expect([textOf('1:lead:1:note'), textOf('1:lead:2:note'), textOf('1:lead:1:call')]).toEqual(['Rang twice.', 'Another one.', ''])
  })

  it('is there after a reload, and not after somebody logged out', async () => {
    write('a', 'Rang twice.')
    vi.resetModules()
    const again = await import('@/lib/log-drafts')
    expect(again.logDraft(again.logDrafts.get(), 'a').text).toBe('Rang twice.')
    again.forgetLogDrafts()
    vi.resetModules()
    const fresh = await import('@/lib/log-drafts')
    expect(fresh.logDraft(fresh.logDrafts.get(), 'a').text).toBe('')
  })

  it('goes once it is stored, unless more was written meanwhile', () => {
    write('a', 'Rang twice. ')
    clearLogDraft('a', 'Rang twice.')
    expect(logDrafts.get().has('a')).toBe(false)
    write('a', 'Rang twice. And again.')
    clearLogDraft('a', 'Rang twice.')
    expect(textOf('a')).toBe('Rang twice. And again.')
  })

  it('is tried again under the same name, and anything else under another', () => {
    write('a', 'Rang.')
    const first = nameAttempt('a', 'note Rang.')
    expect(nameAttempt('a', 'note Rang.')).toBe(first)
    expect(nameAttempt('a', 'note Rang twice.')).not.toBe(first)
    clearLogDraft('a', 'Rang.')
    expect(nameAttempt('a', 'note Rang.')).not.toBe(first)
  })

  it('goes along to another kind that has none, and only there', () => {
    write('note', 'Rang.')
    carryLogDraft('note', 'call', 10_000)
    expect([textOf('note'), textOf('call')]).toEqual(['', 'Rang.'])
    write('note', 'Other.')
    carryLogDraft('note', 'call', 10_000)
    expect([textOf('note'), textOf('call')]).toEqual(['Other.', 'Rang.'])
    carryLogDraft('note', 'task', 3)
    expect(textOf('task')).toBe('')
  })

  it('keeps the newest hundred', () => {
    for (let n = 0; n < 120; n++) write(`k${n}`, 'x')
    expect([logDrafts.get().size, logDrafts.get().has('k119'), logDrafts.get().has('k0')]).toEqual([100, true, false])
  })
})
