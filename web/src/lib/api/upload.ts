/** Puts one file on the server. `fetch` cannot tell how far it is, so these requests go another way. */
import { problemOf } from '@/lib/api/problem'
import { accessToken, BASE, refresh } from '@/lib/api/session'
import type { UploadedFile } from '@/lib/api/types'
import { t } from '@/lib/i18n'

export type PutFile = (file: File, onProgress: (share: number) => void, signal: AbortSignal) => Promise<UploadedFile>

export const uploadFile: PutFile = (file, onProgress, signal) =>
  sendFile(`/attachments?name=${encodeURIComponent(file.name)}`, file, file.type || 'application/octet-stream', onProgress, signal)

/** Posts a file's bytes as they are, and gives back what the server made of them. */
export async function sendFile<T>(path: string, file: File, type: string, onProgress: (share: number) => void, signal: AbortSignal): Promise<T> {
  const send = () => post(path, file, type, onProgress, signal)
  const first = await send()
  const isSpent = first.status === 401 && accessToken() !== null && (await refresh()) !== null
  const answer = isSpent ? await send() : first
  if (!answer.ok) throw await problemOf(answer)
  return (await answer.json()) as T
}

function post(path: string, file: File, type: string, onProgress: (share: number) => void, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = new XMLHttpRequest()
    request.open('POST', BASE + path)
    const token = accessToken()
    if (token) request.setRequestHeader('authorization', `Bearer ${token}`)
    request.setRequestHeader('accept', 'application/json')
    request.setRequestHeader('content-type', type)
    request.upload.onprogress = event => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onload = () => resolve(new Response(request.responseText, { status: request.status }))
    request.onerror = () => reject(new Error(t('upload.offline')))
    request.onabort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}
