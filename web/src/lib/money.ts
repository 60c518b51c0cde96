import { locale } from '@/lib/i18n'

const made = new Map<string, Intl.NumberFormat>()

function format(currency: string): Intl.NumberFormat {
  const key = locale() + currency
  const known = made.get(key)
  if (known) return known
  const fresh = new Intl.NumberFormat(locale(), { style: 'currency', currency })
  made.set(key, fresh)
  return fresh
}

/** How many minor units make a whole one. */
const minor = (currency: string): number => 10 ** (format(currency).resolvedOptions().maximumFractionDigits ?? 2)

/** Minor units as people write them: `$35.00`, `1.200.000 ₫`. */
export const money = (value: number, currency: string): string => format(currency).format(value / minor(currency))

/** What somebody typed, in minor units; null for nothing, undefined for no amount. */
export function minorUnits(text: string, currency: string): number | null | undefined {
  const plain = text.trim().replaceAll(/[\s\u00a0]/g, '').replace(',', '.')
  if (plain === '') return null
  const value = Number(plain)
  return Number.isFinite(value) && value >= 0 ? Math.round(value * minor(currency)) : undefined
}

/** Minor units as somebody types them. */
export const typed = (value: number | null, currency: string): string => (value === null ? '' : String(value / minor(currency)))
