/** What travels over the live connection. */
export type Subject = { kind: string; id: number }
export type LiveEvent = {
  type: 'event'
  seq: number
  at: string
  kind: string
  subject: Subject | null
  ticket_id: number | null
  contact_id: number | null
  actor: { kind: string; id: number | null } | null
  data: Record<string, unknown> | null
}
export type PresenceUser = { id: number; name: string; typing: boolean }
export type ServerFrame =
  | { type: 'hello'; seq: number }
  | LiveEvent
  | { type: 'removed'; seq: number; subject: Subject }
  | { type: 'resync'; seq: number }
  | { type: 'ping'; seq?: number }
  | { type: 'presence'; ticket_id: number; users: PresenceUser[] }
export type ClientFrame = { type: 'viewing'; ticket_id: number | null } | { type: 'typing'; ticket_id: number }

/** Reads a frame; what is not understood is ignored, so that an older page survives a newer server. */
export function parseFrame(text: string): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(text)
    if (typeof frame === 'object' && frame !== null && 'type' in frame && typeof frame.type === 'string') return frame as ServerFrame
  } catch {
    // Not JSON: ignored like any other unknown frame.
  }
  return null
}
