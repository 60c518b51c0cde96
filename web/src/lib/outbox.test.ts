import { beforeEach, describe, expect, it } from 'vitest'
import type { Message, NewMessage } from '@/lib/api/types'
import { Outbox, pendingFor } from '@/lib/outbox'

const note = (client_id: string): NewMessage => ({ content: client_id, visibility: 'public', client_id })
const settle = () => new Promise(resolve => setTimeout(resolve, 0))
const none = async () => []
const saved = (client_id: string) => ({ id: 1, client_id }) as Message

describe('the outbox', () => {
  beforeEach(() => sessionStorage.clear())

  it('shows a message at once and lets it go when it is delivered', async () => {
    const box = new Outbox(async (_ticket, message) => saved(message.client_id), none)
    const sent: string[] = []
    box.onSent(entry => sent.push(entry.client_id))
    box.send(1, note('a'), [], 'now')
    expect(box.entries.get()).toHaveLength(1)
    await settle()
    expect(box.entries.get()).toHaveLength(0)
    expect(sent).toEqual(['a'])
  })

  it('keeps a failed message with its reason, and retries it under the same client id', async () => {
    const seen: string[] = []
    let isBroken = true
    const told: string[] = []
    const box = new Outbox(async (_ticket, message) => {
      seen.push(message.client_id)
      if (isBroken) throw new Error('queue full')
      return saved(message.client_id)
    }, none)
    box.onFailed(entry => told.push(entry.client_id))
    box.send(1, note('a'), [], 'now')
    await settle()
    expect(box.entries.get()[0]).toMatchObject({ state: 'failed', error: 'queue full' })
    expect(told).toEqual(['a'])
    isBroken = false
    box.retry('a')
    await settle()
    expect(seen).toEqual(['a', 'a'])
    expect(box.entries.get()).toEqual([])
  })

  it('sends one after the other within a ticket', async () => {
    const order: string[] = []
    const gates = new Map<string, () => void>()
    const box = new Outbox(async (_ticket, message) => {
      order.push(message.client_id)
      await new Promise<void>(resolve => gates.set(message.client_id, resolve))
      return saved(message.client_id)
    }, none)
    box.send(1, note('a'), [], 'now')
    box.send(1, note('b'), [], 'now')
    box.send(2, note('c'), [], 'now')
    await settle()
    expect(order).toEqual(['a', 'c'])
    gates.get('a')?.()
    await settle()
    expect(order).toEqual(['a', 'c', 'b'])
  })

  it('sends a message with its files once they are there, and keeps it when one is not', async () => {
    const seen: unknown[] = []
    let isBroken = true
    const attach = async (files: { upload: string }[]) => {
      if (isBroken) throw new Error('too large')
      return files.map((_, n) => ({ id: n + 1 }))
    }
    const box = new Outbox(async (_ticket, message) => {
      seen.push(message.attachments)
      return saved(message.client_id)
    }, attach)
    box.send(1, note('a'), [{ upload: 'u', name: 'a.pdf', mime: 'application/pdf', size: 1 }], 'now')
    await settle()
    expect(box.entries.get()[0]).toMatchObject({ state: 'failed', error: 'too large', files: [{ upload: 'u' }] })
    isBroken = false
    box.retry('a')
    await settle()
    expect(seen).toEqual([[{ id: 1 }]])
    expect(box.entries.get()).toEqual([])
  })

  it('survives a reload as failed', async () => {
    const box = new Outbox(() => new Promise(() => {}), none)
    box.send(1, note('a'), [], 'now')
    const next = new Outbox(async (_ticket, message) => saved(message.client_id), none)
    next.restore()
    expect(next.entries.get()[0]).toMatchObject({ client_id: 'a', state: 'failed' })
    next.retry('a')
    await settle()
    expect(next.entries.get()).toEqual([])
  })

  it('does not show what the server already gave back', () => {
    const entries = [note('a'), note('b')].map(message => ({ ...message, ticket_id: 1, files: [], at: '', state: 'sending' as const, error: null }))
    expect(pendingFor(entries, 1, [saved('a')]).map(entry => entry.client_id)).toEqual(['b'])
    expect(pendingFor(entries, 2, [])).toEqual([])
  })
})
