/** Puts one file on the server. `fetch` cannot tell how far it is, so this one request goes another way. */
import { problemOf } from '@/lib/api/problem'
import { accessToken, BASE, refresh } from '@/lib/api/session'
import type { UploadedFile } from '@/lib/api/types'
import { t } from '@/lib/i18n'

export type PutFile = (file: File, onProgress: (share: number) => void, signal: AbortSignal) => Promise<UploadedFile>

export const uploadFile: PutFile = async (file, onProgress, signal) => {
  const first = await post(file, onProgress, signal)
  const isSpent = first.status === 401 && accessToken() !== null && (await refresh()) !== null
  const answer = isSpent ? await post(file, onProgress, signal) : first
  if (!answer.ok) throw await problemOf(answer)
  return (await answer.json()) as UploadedFile
}

function post(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${BASE}/attachments?name=${encodeURIComponent(file.name)}`)
    const token = accessToken()
    if (token) request.setRequestHeader('authorization', `Bearer ${token}`)
    request.setRequestHeader('accept', 'application/json')
    request.setRequestHeader('content-type', file.type || 'application/octet-stream')
    request.upload.onprogress = event => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onload = () => resolve(new Response(request.responseText, { status: request.status }))
    request.onerror = () => reject(new Error(t('upload.offline')))
    request.onabort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}
