/** Instants as `datetime-local` fields have them: in the reader's zone, to the minute. */
const two = (n: number) => String(n).padStart(2, '0')

export function toField(iso: string | null): string {
  if (iso === null) return ''
  const at = new Date(iso)
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** Null for an empty field. */
export const fromField = (text: string): string | null => (text ? new Date(text).toISOString() : null)

/** The day that an instant is of, as `YYYY-MM-DD`: in the zone given, else the reader's. */
export function dayIn(at: number, zone?: string): string {
  const format = new Intl.DateTimeFormat('en-US', { year: 'numeric', month: '2-digit', day: '2-digit', ...(zone ? { timeZone: zone } : {}) })
  const part = (type: string) => format.formatToParts(at).find(one => one.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}
