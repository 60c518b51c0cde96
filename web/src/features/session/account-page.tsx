import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { changeMe, changePassword, endSession, fetchSessions } from '@/lib/api/auth'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { isVendor } from '@/lib/permissions'
import { roleName } from '@/lib/roles'
import { dateTime } from '@/lib/time'
import { toast, toastFailure } from '@/lib/toast'
import { PasswordFields } from '@/features/session/password-fields'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { LoadBar } from '@/ui/load-bar'
import { PresenceDot } from '@/ui/presence-dot'
import { FormError, Skeleton } from '@/ui/states'

export function AccountPage() {
  const t = useT()
  const me = useMe()
  useEffect(() => {
    document.title = `${t('account.title')} · Frontdesk`
  }, [t])
  return (
    <main className="flex-1 overflow-auto p-6 max-sm:p-4">
      <div className="mx-auto max-w-xl space-y-5">
        <h1 className="text-[17px] font-semibold">{t('account.title')}</h1>
        {!isVendor(me) && <Load />}
        <Profile />
        <Password />
        <SignIns />
      </div>
    </main>
  )
}

const Card = ({ id, title, children }: { id?: string; title: string; children: ReactNode }) => (
  <section id={id} aria-label={title} className="rounded-xl border bg-panel p-5">
    <h2 className="mb-4 font-semibold">{title}</h2>
    {children}
  </section>
)

/** How much work goes to me, and why. */
function Load() {
  const t = useT()
  const me = useMe()
  return (
    <Card title={t('availability.title')}>
      <p className="mb-3 flex items-center gap-2 font-medium"><PresenceDot status={me.status} /> {t(`presence.${me.status}`)}</p>
      <LoadBar load={me.load} capacity={me.capacity} />
      <p className="mt-3 text-mute">{me.status !== 'available' ? t('availability.not') : me.load >= me.capacity ? t('availability.full') : t('availability.free')}</p>
    </Card>
  )
}

function Profile() {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const [name, setName] = useState(me.name)
  const save = useMutation({
    mutationFn: () => changeMe({ name: name.trim() }),
    onSuccess: saved => {
      client.setQueryData(keys.me, saved)
      toast(t('common.saved'))
    },
  })
  const problem = save.error instanceof Problem ? save.error : null
  return (
    <Card title={t('account.profile')}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          save.mutate()
        }}
      >
        {save.error && !problem?.field('name') && <FormError>{save.error.message}</FormError>}
        <Field label={t('user.name')} value={name} onChange={e => setName(e.target.value)} error={problem?.field('name')} required />
        <p className="text-mute">
          {me.email} · {roleName(t, me.role, me.role_name)}
          {me.departments.length > 0 && ` · ${me.departments.map(d => d.name).join(', ')}`}
        </p>
        <Button type="submit" size="md" disabled={save.isPending || name.trim() === me.name}>{t('common.save')}</Button>
      </form>
    </Card>
  )
}

function Password() {
  const t = useT()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [repeated, setRepeated] = useState('')
  const save = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      setRepeated('')
      toast(t('password.changed'))
    },
  })
  const problem = save.error instanceof Problem ? save.error : null
  return (
    <Card id="password" title={t('account.changePassword')}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          if (next === repeated) save.mutate()
        }}
      >
        {save.error && (problem?.fields.length ?? 0) === 0 && <FormError>{save.error.message}</FormError>}
        <Field label={t('password.current')} type="password" value={current} onChange={e => setCurrent(e.target.value)} autoComplete="current-password" error={problem?.field('current_password')} required />
        <PasswordFields value={next} repeated={repeated} onValue={setNext} onRepeated={setRepeated} error={problem?.field('new_password')} />
        <Button type="submit" size="md" disabled={save.isPending}>{t('account.changePassword')}</Button>
      </form>
    </Card>
  )
}

function SignIns() {
  const t = useT()
  const client = useQueryClient()
  const { data } = useQuery({ queryKey: keys.sessions, queryFn: fetchSessions })
  const end = useMutation({
    mutationFn: endSession,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sessions }),
    onError: error => toastFailure(error.message),
  })
  return (
    <Card title={t('account.sessions')}>
      {!data && <Skeleton className="h-12" />}
      <ul className="divide-y">
        {data?.sessions.map(session => (
          <li key={session.id} className="flex items-center gap-3 py-2">
            <div className="min-w-0 flex-1">
              <p className="truncate">{session.user_agent ?? t('account.unknownDevice')}</p>
              <p className="text-xs text-mute">
                {session.ip} {t('account.lastUsed', { when: dateTime(session.last_used_at ?? session.created_at) })}
              </p>
            </div>
            {session.current ? <Badge tone="ok">{t('account.thisDevice')}</Badge> : <Button onClick={() => end.mutate(session.id)}>{t('account.endSession')}</Button>}
          </li>
        ))}
      </ul>
    </Card>
  )
}
