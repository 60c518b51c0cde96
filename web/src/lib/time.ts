import { useSyncExternalStore } from 'react'
import { locale } from '@/lib/i18n'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>()

/** Formatters are dear to make and cheap to keep: a thread needs hundreds of times. */
function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options)
  const known = made.get(key)
  if (known instanceof Intl.DateTimeFormat) return known
  const fresh = new Intl.DateTimeFormat(language, options)
  made.set(key, fresh)
  return fresh
}

function unitFormat(language: string, unit: string, unitDisplay: 'narrow' | 'long'): Intl.NumberFormat {
  const key = language + unit + unitDisplay
  const known = made.get(key)
  if (known instanceof Intl.NumberFormat) return known
  const fresh = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay })
  made.set(key, fresh)
  return fresh
}

const nowWords = new Map<string, string>()

function nowWord(language: string): string {
  const known = nowWords.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(0, 'second')
  nowWords.set(language, known)
  return known
}

/** Short age for dense lists: `now`, `5m`, `3h`, `2d`, then a date. */
export function shortAge(iso: string, now: number, language: string = locale()): string {
  const age = Math.max(0, now - Date.parse(iso))
  const unit = (value: number, name: 'minute' | 'hour' | 'day') =>
    unitFormat(language, name, 'narrow').format(value)
  if (age < MINUTE) return nowWord(language)
  if (age < HOUR) return unit(Math.floor(age / MINUTE), 'minute')
  if (age < DAY) return unit(Math.floor(age / HOUR), 'hour')
  if (age < 14 * DAY) return unit(Math.floor(age / DAY), 'day')
  return dateFormat(language, { day: 'numeric', month: 'short' }).format(Date.parse(iso))
}

/** A span in words: `3 hours`, `12 minutes`, `40 seconds`. */
export function span(milliseconds: number, language: string = locale()): string {
  const [value, unit] =
    milliseconds >= 2 * DAY
      ? [Math.floor(milliseconds / DAY), 'day']
      : milliseconds >= HOUR
        ? [Math.floor(milliseconds / HOUR), 'hour']
        : milliseconds >= MINUTE
          ? [Math.floor(milliseconds / MINUTE), 'minute']
          : [Math.max(0, Math.floor(milliseconds / 1000)), 'second']
  return unitFormat(language, String(unit), 'long').format(Number(value))
}

/** In the zone given, else the reader's. */
export const clock = (iso: string, zone?: string): string =>
  dateFormat(locale(), { hour: '2-digit', minute: '2-digit', ...(zone ? { timeZone: zone } : {}) }).format(Date.parse(iso))

/** In full, with the zone: for titles and facts. */
export const dateTime = (iso: string): string =>
  dateFormat(locale(), {
    day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short',
  }).format(Date.parse(iso))

/** A day without its hour. One that is said as a day (`2026-01-03`) is that day in every zone. */
export const date = (iso: string): string =>
  dateFormat(locale(), { day: 'numeric', month: 'short', year: 'numeric', ...(iso.length === 10 ? { timeZone: 'UTC' } : {}) }).format(Date.parse(iso))

export const day = (iso: string): string =>
  dateFormat(locale(), { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(Date.parse(iso))

export const sameDay = (a: string, b: string): boolean => new Date(a).toDateString() === new Date(b).toDateString()

/** How long a channel lets one answer after the person last wrote; null when it never closes. */
export function answerWindow(channel: string): number | null {
  if (channel === 'facebook' || channel === 'instagram' || channel === 'whatsapp') return 24 * HOUR
  if (channel === 'zalo') return 48 * HOUR
  return null
}

export type WindowState = { closed: boolean; left: number; soon: boolean }

/** Where the answer window stands, or null when there is none or nobody wrote yet. */
export function windowState(channel: string, lastInbound: string | null, now: number): WindowState | null {
  const length = answerWindow(channel)
  if (length === null || lastInbound === null) return null
  const left = Date.parse(lastInbound) + length - now
  return { closed: left <= 0, left: Math.max(0, left), soon: left > 0 && left < 4 * HOUR }
}

let now = Date.now()
let timer: ReturnType<typeof setInterval> | null = null
const watchers = new Set<() => void>()

function watchClock(listener: () => void): () => void {
  watchers.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const watcher of watchers) watcher()
  }, 20_000)
  return () => {
    watchers.delete(listener)
    if (watchers.size === 0 && timer) {
      clearInterval(timer)
      timer = null
    }
  }
}

/** The time, moving every 20 seconds for everybody at once. */
export const useNow = (): number => useSyncExternalStore(watchClock, () => now)
