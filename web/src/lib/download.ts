/** Files that the server makes for whoever is signed in. They need the session's token, so they are fetched and not linked. */
import { authorizedFetch } from '@/lib/api/client'
import { problemOf } from '@/lib/api/problem'
import { BASE } from '@/lib/api/session'

/** The pieces of an answer as they come. Leaving the loop early ends the request. Errors: a `Problem` for a refusal. */
export async function* piecesOf(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const response = await authorizedFetch(new Request(BASE + path, signal ? { signal } : {}))
  if (!response.ok) throw await problemOf(response)
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value
  } finally {
    reader.cancel().catch(() => {
      // It broke off by itself; whoever reads knows.
    })
  }
}

/** Fetches a file whole, telling how many bytes of it are here, and hands it to the browser under a name. */
export async function download(path: string, name: string, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const piece of piecesOf(path, signal)) {
    pieces.push(piece)
    bytes += piece.length
    onBytes(bytes)
  }
  saveFile(new Blob(pieces), name)
}

function saveFile(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
