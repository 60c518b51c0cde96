import { beforeEach, describe, expect, it } from 'vitest'
import type { PutFile } from '@/lib/api/upload'
import { MOST_FILES, Uploads, type Upload } from '@/lib/uploads'

const settle = () => new Promise(resolve => setTimeout(resolve, 0))
const file = (name: string) => new File(['x'.repeat(5)], name, { type: 'text/plain' })
const states = (box: Uploads) => [...box.all.get().values()].map(upload => `${upload.name} ${upload.state}`)
const first = (box: Uploads) => [...box.all.get().values()][0] as Upload

/** A server whose answers the test gives. */
function server() {
  const calls: { name: string; progress: (share: number) => void; done: (id: number) => void; fail: (why: string) => void; signal: AbortSignal }[] = []
  const put: PutFile = (sent, progress, signal) =>
    new Promise((resolve, reject) => {
      const call = { name: sent.name, progress, signal, done: (id: number) => resolve({ id, name: sent.name, mime: 'text/plain', size: 5, url: '' }), fail: (why: string) => reject(new Error(why)) }
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      calls.push(call)
    })
  return { calls, put }
}

describe('uploads', () => {
  beforeEach(() => sessionStorage.clear())

  it('begin at once, three at a time, and tell how far they are', async () => {
    const { calls, put } = server()
    const box = new Uploads(put)
    box.stage(1, ['a', 'b', 'c', 'd'].map(file))
    expect(calls.map(call => call.name)).toEqual(['a', 'b', 'c'])
    calls[0]?.progress(0.5)
    expect(first(box).progress).toBe(0.5)
    calls[0]?.done(7)
    await settle()
    expect(calls.map(call => call.name)).toEqual(['a', 'b', 'c', 'd'])
    expect(states(box)).toEqual(['a ready', 'b uploading', 'c uploading', 'd uploading'])
    expect(box.fileOf(7)?.name).toBe('a')
  })

  it('go with the message, which waits for them', async () => {
    const { calls, put } = server()
    const box = new Uploads(put)
    box.stage(1, [file('a')])
    const [ref] = box.take(1)
    expect(ref).toMatchObject({ name: 'a', mime: 'text/plain', size: 5 })
    expect(box.staged.get().get(1)).toEqual([])
    const attachment = box.settle(ref?.upload ?? '')
    calls[0]?.done(9)
    expect(await attachment).toBe(9)
  })

  it('that failed say why, and are tried again by hand or by sending', async () => {
    const { calls, put } = server()
    const box = new Uploads(put)
    box.stage(1, [file('a')])
    calls[0]?.fail('too large')
    await settle()
    expect(first(box)).toMatchObject({ state: 'failed', error: 'too large' })
    box.retry(first(box).id)
    calls[1]?.fail('again')
    await settle()
    const attachment = box.settle(first(box).id)
    calls[2]?.done(3)
    expect(await attachment).toBe(3)
    expect(calls).toHaveLength(3)
  })

  it('end when they are removed', async () => {
    const { calls, put } = server()
    const box = new Uploads(put)
    box.stage(1, [file('a'), file('b')])
    box.remove(1, first(box).id)
    await settle()
    expect(calls[0]?.signal.aborted).toBe(true)
    expect(states(box)).toEqual(['b uploading'])
    expect(box.staged.get().get(1)).toHaveLength(1)
  })

  it('are not more than a message takes', () => {
    const box = new Uploads(server().put)
    expect(box.stage(1, Array.from({ length: MOST_FILES + 2 }, (_, n) => file(`${n}`)))).toBe(2)
    expect(box.all.get().size).toBe(MOST_FILES)
    expect(box.stage(2, [file('other ticket')])).toBe(0)
  })

  it('outlive a reload once they arrived; the others ask to be chosen again', async () => {
    const { calls, put } = server()
    const box = new Uploads(put)
    box.stage(1, [file('a'), file('b')])
    calls[0]?.done(4)
    await settle()
    const next = new Uploads(put)
    next.restore()
    expect(states(next)).toEqual(['a ready', 'b failed'])
    const [a, b] = next.take(1)
    expect(await next.settle(a?.upload ?? '')).toBe(4)
    await expect(next.settle(b?.upload ?? '')).rejects.toThrow('b has to be chosen again')
  })

  it('lie beside the composer again when the message is called back', async () => {
    const { calls, put } = server()
    const box = new Uploads(put)
    box.stage(1, [file('a')])
    calls[0]?.done(4)
    await settle()
    const refs = box.take(1)
    box.sent(refs.map(ref => ref.upload))
    expect(sessionStorage.getItem('frontdesk.uploads')).not.toContain('"a"')
    box.stageAgain(1, refs)
    expect(calls.map(call => call.name)).toEqual(['a', 'a'])
    expect(box.staged.get().get(1)).toHaveLength(1)
  })
})
