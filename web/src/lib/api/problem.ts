import { t } from '@/lib/i18n'
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
  // Something before the desk answers for it.
  const isDown = body.code === undefined && response.status >= 502 && response.status <= 504
  const message = isDown ? t('error.unreachable') : said('codes', code, body.detail ?? body.title ?? `HTTP ${response.status}`)
  const fields = (body.errors ?? []).map(fault => ({ ...fault, message: said('faults', fault.code, fault.message) }))
  return new Problem(response.status, code, message, fields, body.request_id ?? null)
}

/** The desk was not reached, or broke off its answer: nobody knows whether it saw what was asked. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super(t('error.unreachable'), { cause })
    this.name = 'Unreachable'
  }
}

/** How browsers speak of the network, each in its own words: a request, an answer or a part of the page that did not come. */
const OF_THE_NETWORK = /fetch|network|load|import|connection|offline/i

/** A failure in words for people; what the browser says of the network is for programmers. */
export const failureOf = (error: unknown): unknown => (error instanceof TypeError && OF_THE_NETWORK.test(error.message) ? new Unreachable(error) : error)

export const messageOf = (error: unknown): string => {
  const failure = failureOf(error)
  return failure instanceof Error ? failure.message : String(failure)
}
