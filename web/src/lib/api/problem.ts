import { refusals } from '@/lib/refusals'

export type FieldError = { field: string; code: string; message: string }

/** A refusal of the API, in the language of the desk. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly fields: FieldError[]
  readonly requestId: string | null

  constructor(status: number, code: string, message: string, fields: FieldError[] = [], requestId: string | null = null) {
    super(message)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.fields = fields
    this.requestId = requestId
  }

  field(name: string): string | undefined {
    return this.fields.find(f => f.field === name)?.message
  }
}

type Body = { title?: string; detail?: string; code?: string; errors?: FieldError[]; request_id?: string }

/** Reads a problem document; an answer that is none (a proxy's page) still becomes a problem. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: Body = await response.json().catch(() => ({}))
  const said = await refusals()
  const code = body.code ?? 'unknown'
  const message = said('codes', code, body.detail ?? body.title ?? `HTTP ${response.status}`)
  const fields = (body.errors ?? []).map(fault => ({ ...fault, message: said('faults', fault.code, fault.message) }))
  return new Problem(response.status, code, message, fields, body.request_id ?? null)
}

/** The network failed, so nobody knows whether the server saw it. */
export const isOffline = (error: unknown): boolean => !(error instanceof Problem)

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
