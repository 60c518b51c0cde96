import { useMutation } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { resetPassword } from '@/lib/api/auth'
import { Problem } from '@/lib/api/problem'
import { useT } from '@/lib/i18n'
import { Frame } from '@/features/session/frame'
import { PasswordFields } from '@/features/session/password-fields'
import { Button } from '@/ui/button'
import { FormError } from '@/ui/states'

const route = getRouteApi('/reset-password')

/** Where a one-time link leads: of a new user, or of one who forgot. */
export function ResetPage() {
  const t = useT()
  const { token } = route.useSearch()
  const [password, setPassword] = useState('')
  const [repeated, setRepeated] = useState('')
  const save = useMutation({ mutationFn: () => resetPassword(token ?? '', password) })
  const problem = save.error instanceof Problem ? save.error : null
  if (!token) return <Frame title={t('reset.title')}><FormError>{t('reset.noToken')}</FormError></Frame>
  if (save.isSuccess) {
    return (
      <Frame title={t('reset.done')} text={t('reset.doneText')}>
        <Link to="/login" className="font-medium text-accent underline">{t('login.enter')}</Link>
      </Frame>
    )
  }
  return (
    <Frame title={t('reset.title')} text={t('reset.text')}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          if (password === repeated) save.mutate()
        }}
      >
        {save.error && !problem?.field('new_password') && <FormError>{save.error.message}</FormError>}
        <PasswordFields value={password} repeated={repeated} onValue={setPassword} onRepeated={setRepeated} error={problem?.field('new_password')} />
        <Button type="submit" variant="solid" size="lg" className="w-full" disabled={save.isPending}>
          {t('reset.save')}
        </Button>
      </form>
    </Frame>
  )
}
