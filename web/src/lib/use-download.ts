import { useState } from 'react'
import { messageOf } from '@/lib/api/problem'
import { download } from '@/lib/download'
import { t } from '@/lib/i18n'
import { toastFailure } from '@/lib/toast'

/** As often as the number on screen need change. */
const STEP = 128 << 10

/** Takes a file from the server; `bytes` says how much of it is here while it comes. */
export function useDownload() {
  const [bytes, setBytes] = useState<number | null>(null)
  const take = async (path: string, name: string): Promise<void> => {
    setBytes(0)
    try {
      await download(path, name, all => setBytes(told => (told === null || all - told >= STEP ? all : told)))
    } catch (error) {
      toastFailure(t('download.failed', { name, why: messageOf(error) }), () => void take(path, name))
    } finally {
      setBytes(null)
    }
  }
  return { bytes, take }
}
