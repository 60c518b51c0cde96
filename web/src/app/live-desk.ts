import { useNavigate } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { keys } from '@/lib/api/keys'
import { onSession } from '@/lib/api/session'
import type { Me } from '@/lib/api/types'
import { flushAllDrafts } from '@/lib/drafts'
import { LiveApplier } from '@/lib/live/applier'
import { LiveSocket, setLive } from '@/lib/live/socket'

/** The live connection for as long as somebody is signed in, and the way out when they no longer are. */
export function useLiveDesk(): void {
  const client = useQueryClient()
  const navigate = useNavigate()
  useEffect(() => {
    const applier = new LiveApplier(client)
    const socket = new LiveSocket(applier)
    socket.start()
    setLive(socket)
    addEventListener('pagehide', flushAllDrafts)
    return () => {
      removeEventListener('pagehide', flushAllDrafts)
      setLive(null)
      socket.stop()
      applier.stop()
    }
  }, [client])
  useEffect(
    () =>
      onSession(session => {
        if (session) return
        const known = client.getQueryData<Me>(keys.me) !== undefined
        const next = location.pathname + location.search
        void navigate({ to: '/login', search: known ? { next } : {} })
      }),
    [client, navigate],
  )
}
