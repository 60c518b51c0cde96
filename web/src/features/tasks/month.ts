const iso = (time: number): string => new Date(time).toISOString().slice(0, 10)

/** The weeks that a month touches, each from Monday to Sunday, as `YYYY-MM-DD`. */
export function monthGrid(month: string): string[][] {
  const first = Date.parse(`${month}-01T00:00:00Z`)
  const day = 24 * 60 * 60 * 1000
  const lead = (new Date(first).getUTCDay() + 6) % 7
  const next = Date.parse(`${shiftMonth(month, 1)}-01T00:00:00Z`)
  const weeks: string[][] = []
  for (let start = first - lead * day; start < next; start += 7 * day) weeks.push(Array.from({ length: 7 }, (_, n) => iso(start + n * day)))
  return weeks
}

/** `2026-12` and one more is `2027-01`. */
export function shiftMonth(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}
