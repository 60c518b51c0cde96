import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { setUp } from '@/lib/api/auth'
import { Problem } from '@/lib/api/problem'
import { setSession } from '@/lib/api/session'
import { useT } from '@/lib/i18n'
import { Frame } from '@/features/session/frame'
import { PasswordFields } from '@/features/session/password-fields'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { FormError } from '@/ui/states'

const route = getRouteApi('/setup')

/** The first account of a new installation. */
export function SetupPage() {
  const t = useT()
  const navigate = useNavigate()
  const { token } = route.useSearch()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [repeated, setRepeated] = useState('')
  const create = useMutation({
    mutationFn: () => setUp({ token: token ?? '', name: name.trim(), email: email.trim(), password }),
    onSuccess: session => {
      setSession(session)
      void navigate({ to: '/inbox' })
    },
  })
  const problem = create.error instanceof Problem ? create.error : null
  if (!token) return <Frame title={t('begin.title')}><FormError>{t('begin.noToken')}</FormError></Frame>
  return (
    <Frame title={t('begin.title')} text={t('begin.text')}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          if (password === repeated) create.mutate()
        }}
      >
        {create.error && (problem?.fields.length ?? 0) === 0 && <FormError>{create.error.message}</FormError>}
        <Field label={t('user.name')} value={name} onChange={e => setName(e.target.value)} autoComplete="name" error={problem?.field('name')} required autoFocus />
        <Field label={t('user.email')} type="email" value={email} onChange={e => setEmail(e.target.value)} autoComplete="username" error={problem?.field('email')} required />
        <PasswordFields value={password} repeated={repeated} onValue={setPassword} onRepeated={setRepeated} error={problem?.field('password')} />
        <Button type="submit" variant="solid" size="lg" className="w-full" disabled={create.isPending}>
          {t('begin.create')}
        </Button>
      </form>
    </Frame>
  )
}
