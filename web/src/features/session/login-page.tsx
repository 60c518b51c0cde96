import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { logIn, setupNeeded } from '@/lib/api/auth'
import { Problem } from '@/lib/api/problem'
import { setSession } from '@/lib/api/session'
import { useT } from '@/lib/i18n'
import { Frame } from '@/features/session/frame'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { FormError } from '@/ui/states'

const route = getRouteApi('/login')

export function LoginPage() {
  const t = useT()
  const router = useRouter()
  const { next } = route.useSearch()
  const [who, setWho] = useState('')
  const [password, setPassword] = useState('')
  const setup = useQuery({ queryKey: ['setup-needed'], queryFn: setupNeeded, retry: false })
  const enter = useMutation({
    mutationFn: () => logIn(who.trim(), password),
    onSuccess: session => {
      setSession(session)
      // Only addresses of this desk: never where a crafted link points.
      router.history.push(next?.startsWith('/') && !next.startsWith('//') ? next : '/inbox')
    },
  })
  const refused = enter.error instanceof Problem && enter.error.code === 'bad_credentials'
  return (
    <Frame title={t('login.title')} text={setup.data?.needed ? t('login.setupNeeded') : undefined}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          enter.mutate()
        }}
      >
        {enter.error && <FormError>{refused ? t('login.refused') : enter.error.message}</FormError>}
        <Field label={t('login.who')} value={who} onChange={e => setWho(e.target.value)} autoComplete="username" required autoFocus />
        <Field label={t('login.password')} type="password" value={password} onChange={e => setPassword(e.target.value)} autoComplete="current-password" required />
        <Button type="submit" variant="solid" size="lg" className="w-full" disabled={enter.isPending}>
          {enter.isPending ? t('login.entering') : t('login.enter')}
        </Button>
        <p className="text-xs text-mute">{t('login.forgot')}</p>
      </form>
    </Frame>
  )
}
