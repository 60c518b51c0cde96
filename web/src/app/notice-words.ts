/** What a notification says. The server tells a kind and facts; what is not known here is still shown. */
import type { Notification } from '@/lib/api/types'
import { number, t, tOr } from '@/lib/i18n'
import { dateTime } from '@/lib/time'

type Told = Pick<Notification, 'kind' | 'data'>

const text = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value : undefined)

/** `ticket.first_seen` as somebody would write it: `Ticket first seen`. */
const plainly = (kind: string): string => {
  const words = kind.replaceAll(/[._]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Many of one kind, told once. */
const several = (kind: string, data: Told['data']): string | undefined =>
  typeof data.count === 'number' ? tOr(`notice.several.${kind}`, plainly(kind), { count: number(data.count) }) : undefined

/** What it is about. */
export const noticeTitle = ({ kind, data }: Told): string =>
  several(kind, data) ??
  text(data.title) ?? text(data.name) ?? text(data.subject) ?? tOr(`notice.${kind}`, plainly(kind))

/** What happened to it, by whom, and until when. */
export function noticeDetail({ kind, data }: Told, by?: string): string {
  const title = noticeTitle({ kind, data })
  const stage = text(data.stage) ?? text(data.status) ?? ''
  const plain = tOr(`notice.${kind}`, plainly(kind), { stage })
  const happened = by ? tOr(`notice.by.${kind}`, `${plain} · ${by}`, { name: by }) : plain
  const due = text(data.due_at)
  const isDay = due !== undefined && !Number.isNaN(Date.parse(due)) && kind !== 'lead.overdue'
  return [happened === title ? '' : happened, isDay ? t('notice.due', { when: dateTime(due) }) : ''].filter(Boolean).join(' · ')
}
