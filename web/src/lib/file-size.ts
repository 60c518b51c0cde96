import { locale } from '@/lib/i18n'

/** Bytes as people say them: `3.2 MB`. */
export const fileSize = (bytes: number): string => {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: units[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: 1 }).format(bytes / 1024 ** step)
}
