/** Business hours as a form holds them, and as they are said in a line. */
import type { BusinessHours, BusinessWeek, Holiday } from '@/lib/api/types'
import { locale } from '@/lib/i18n'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

export type SpanRow = { uid: number; from: string; to: string }
export type HolidayRow = { uid: number; date: string; name: string; yearly: boolean }
export type HoursDraft = { name: string; zone: string; isDefault: boolean; week: Record<Day, SpanRow[]>; holidays: HolidayRow[] }

let last = 0
export const newUid = () => ++last

/** A field for times knows no 24:00; at the end of a span midnight is what comes after it. */
const shownEnd = (to: string) => (to === '24:00' ? '00:00' : to)
const sentEnd = (to: string) => (to === '00:00' ? '24:00' : to)

const rowOf = (span: { from: string; to: string }): SpanRow => ({ uid: newUid(), from: span.from, to: shownEnd(span.to) })

export const copyOf = (spans: SpanRow[]): SpanRow[] => spans.map(span => ({ ...span, uid: newUid() }))

/** The next span of a day: all of it, or the afternoon after a morning. */
export function nextSpan(spans: SpanRow[]): SpanRow {
  const before = spans.at(-1)
  if (!before) return rowOf({ from: '08:00', to: '17:00' })
  return before.to !== '00:00' && before.to > before.from && before.to <= '13:00' ? rowOf({ from: '13:00', to: '17:00' }) : { uid: newUid(), from: '', to: '' }
}

export function draftOf(hours: BusinessHours): HoursDraft {
  return {
    name: hours.name,
    zone: hours.zone,
    isDefault: hours.is_default,
    week: byDay(day => (hours.week[day] ?? []).map(rowOf)),
    holidays: hours.holidays.map(holiday => ({ uid: newUid(), date: holiday.date, name: holiday.name ?? '', yearly: holiday.yearly ?? false })),
  }
}

export function emptyDraft(zone: string): HoursDraft {
  return {
    name: '',
    zone,
    isDefault: false,
    week: byDay(day => (day === 'sat' || day === 'sun' ? [] : [nextSpan([])])),
    holidays: [],
  }
}

function byDay<T>(of: (day: Day) => T): Record<Day, T> {
  return Object.fromEntries(DAYS.map(day => [day, of(day)])) as Record<Day, T>
}

/** As the API takes it; every row in its place, so that faults find theirs. */
export function sent(draft: HoursDraft): { name: string; zone: string; week: BusinessWeek; holidays: Holiday[]; is_default?: true } {
  return {
    name: draft.name.trim(),
    zone: draft.zone.trim(),
    week: byDay(day => draft.week[day].map(({ from, to }) => ({ from, to: sentEnd(to) }))),
    holidays: draft.holidays.map(({ date, name, yearly }) => ({ date, name: name.trim() || null, yearly })),
    ...(draft.isDefault ? { is_default: true as const } : {}),
  }
}

/** Whether two drafts say the same. */
export const isSame = (a: HoursDraft, b: HoursDraft): boolean => JSON.stringify(sent(a)) === JSON.stringify(sent(b))

/** It ends on the next day. */
export const isOvernight = ({ from, to }: SpanRow): boolean => from !== '' && to !== '' && to !== '00:00' && to < from

/** A Monday, and the days after it. */
const dayDate = (day: Day) => Date.UTC(2024, 0, 1 + DAYS.indexOf(day))

export function dayName(day: Day, length: 'long' | 'short' = 'long'): string {
  const name = new Intl.DateTimeFormat(locale(), { weekday: length, timeZone: 'UTC' }).format(dayDate(day))
  return name.charAt(0).toLocaleUpperCase(locale()) + name.slice(1)
}

/** The week in a few words: days with the same hours together. */
export function weekWords(week: BusinessWeek): string[] {
  const groups: { from: Day; to: Day; hours: string }[] = []
  for (const day of DAYS) {
    const hours = (week[day] ?? []).map(span => `${span.from}–${span.to}`).join(', ')
    const before = groups.at(-1)
    if (before && before.hours === hours) before.to = day
    else groups.push({ from: day, to: day, hours })
  }
  return groups
    .filter(group => group.hours !== '')
    .map(({ from, to, hours }) => `${from === to ? dayName(from, 'short') : `${dayName(from, 'short')} – ${dayName(to, 'short')}`} ${hours}`)
}

/** Every zone that the browser knows. */
export const zones = (): string[] => Intl.supportedValuesOf('timeZone')
