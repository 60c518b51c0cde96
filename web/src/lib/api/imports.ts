import { api, data, seen } from '@/lib/api/client'
import type { Import, ImportChange, ImportErrors } from '@/lib/api/types'
import { sendFile } from '@/lib/api/upload'
import { CsvReader, unguarded } from '@/lib/csv'
import { piecesOf } from '@/lib/download'

const at = (id: number) => ({ params: { path: { id } } })
const tableOf = (id: number) => `/imports/${id}/errors?format=csv`

export const sendTable = (file: File, onProgress: (share: number) => void, signal: AbortSignal) =>
  sendFile<Import>(`/leads/import?file_name=${encodeURIComponent(file.name.slice(-255))}`, file, 'text/csv', onProgress, signal)
export const fetchImports = (cursor: string | null) => data(api.GET('/imports', { params: { query: { cursor: cursor ?? undefined, limit: 20 } } }))
export const fetchImport = (id: number, signal?: AbortSignal) => data(api.GET('/imports/{id}', { ...at(id), signal }))
export const changeImport = (id: number, change: ImportChange, version: number) =>
  data(api.PATCH('/imports/{id}', { params: { path: { id }, header: seen(version) }, body: change }))
export const checkImport = (id: number) => data(api.POST('/imports/{id}/check', at(id)))
export const runImport = (id: number) => data(api.POST('/imports/{id}/run', at(id)))
export const undoImport = (id: number) => data(api.POST('/imports/{id}/undo', at(id)))

/** Rows that could not be taken in, with their cells. */
export type FaultPage = Omit<ImportErrors, 'errors'> & { errors: (ImportErrors['errors'][number] & { cells: string[] })[] }

/** Some of the rows that could not be taken in. What is wrong is told by one answer, what stood in the cells by another. */
export async function fetchFaults(id: number, from_row: number | null, signal?: AbortSignal): Promise<FaultPage> {
  const page = await data(api.GET('/imports/{id}/errors', { params: { path: { id }, query: { from_row: from_row ?? undefined, limit: 50 } }, signal }))
  const cells = await cellsOf(id, new Set(page.errors.map(error => error.row)), signal)
  return { ...page, errors: page.errors.map(error => ({ ...error, cells: cells.get(error.row) ?? [] })) }
}

/** The cells of rows, as far as the table of faults has to be read for them. */
async function cellsOf(id: number, rows: Set<number>, signal?: AbortSignal): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>()
  if (rows.size === 0) return found
  const reader = new CsvReader()
  const decoder = new TextDecoder()
  for await (const piece of piecesOf(tableOf(id), signal)) {
    for (const [row, , ...cells] of reader.push(decoder.decode(piece, { stream: true }))) {
      if (rows.has(Number(row))) found.set(Number(row), cells.map(unguarded))
    }
    if (found.size === rows.size) break
  }
  return found
}

/** Where the faulty rows are as a table that can be mended and sent again. */
export const faultTable = tableOf
