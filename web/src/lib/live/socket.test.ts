import { describe, expect, it } from 'vitest'
import { parseFrame } from '@/lib/live/frames'
import { backoff } from '@/lib/live/socket'

describe('reconnecting', () => {
  it('waits longer each time, up to half a minute, never all at once', () => {
    expect(backoff(0, 1)).toBe(500)
    expect(backoff(3, 1)).toBe(4000)
    expect(backoff(50, 1)).toBe(30_000)
    expect(backoff(3, 0)).toBe(2000)
  })
})

describe('a frame', () => {
  it('that makes no sense is ignored', () => {
    expect(parseFrame('nonsense')).toBeNull()
    expect(parseFrame('null')).toBeNull()
    expect(parseFrame('{"a":1}')).toBeNull()
    expect(parseFrame('{"type":"ping"}')).toEqual({ type: 'ping' })
  })
})
