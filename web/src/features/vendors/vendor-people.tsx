import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link2, UserRoundCheck, UserRoundX } from 'lucide-react'
import { useState } from 'react'
import { keys } from '@/lib/api/keys'
import { messageOf, Problem } from '@/lib/api/problem'
import { changeVendorUser, createVendorUser, fetchVendorUsers, inviteVendorUser } from '@/lib/api/vendors'
import type { Vendor, VendorUser } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { dateTime } from '@/lib/time'
import { toast, toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Field } from '@/ui/field'
import { SecretOnce } from '@/ui/secret-once'
import { Failed, FormError } from '@/ui/states'

/** The vendor's people, who see its portal: invited, given another link, shut out and let in again. */
export function VendorPeople({ vendor }: { vendor: Vendor }) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const people = useQuery({ queryKey: keys.vendorUsers(vendor.code), queryFn: async () => (await fetchVendorUsers(vendor.code)).users })
  const [link, setLink] = useState<{ of: string; url: string } | null>(null)
  const [leaving, setLeaving] = useState<VendorUser | null>(null)
  const onSettled = () => void client.invalidateQueries({ queryKey: keys.vendorUsers(vendor.code) })
  const invite = useMutation({
    mutationFn: (person: VendorUser) => inviteVendorUser(vendor.code, person.id),
    onSuccess: (made, person) => setLink({ of: person.name, url: made.invite_link }),
    onError: e => toastFailure(messageOf(e)),
    onSettled,
  })
  const turn = useMutation({
    mutationFn: (person: VendorUser) => changeVendorUser(vendor.code, person.id, { is_active: !person.is_active }),
    onSuccess: person => toast(t(person.is_active ? 'vendor.person.said.in' : 'vendor.person.said.out', { name: person.name })),
    onError: e => toastFailure(messageOf(e)),
    onSettled,
  })
  const mayWrite = can(me, 'vendors.write')
  const isBusy = invite.isPending || turn.isPending
  return (
    <section aria-label={t('vendor.people')} className="mt-5 border-t pt-4">
      <h3 className="mb-2 text-xs font-semibold text-mute">{t('vendor.people')}</h3>
      {people.isError && <Failed error={people.error} retry={() => void people.refetch()} />}
      {people.data?.length === 0 && <p className="text-mute">{t('vendor.nobody')}</p>}
      <ul className="divide-y">
        {people.data?.map(person => (
          <li key={person.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
            <span className="min-w-0 flex-1 basis-48">
              <span className="flex flex-wrap items-center gap-1.5">
                <span className={person.is_active ? 'truncate font-medium' : 'truncate text-mute'}>{person.name}</span>
                {!person.is_active && <Badge>{t('vendor.person.out')}</Badge>}
                {person.is_active && !person.has_password && <Badge tone="warn">{t('vendor.person.invited')}</Badge>}
              </span>
              <span className="block truncate text-xs text-mute">
                {person.email}
                {person.last_login_at && <> · {t('vendor.person.last', { when: dateTime(person.last_login_at) })}</>}
              </span>
            </span>
            {mayWrite && vendor.is_active && (
              <span className="flex gap-2">
                {person.is_active && (
                  <Button disabled={isBusy} aria-label={`${t(person.has_password ? 'vendor.person.password' : 'vendor.person.again')}: ${person.name}`} onClick={() => invite.mutate(person)}>
                    <Link2 size={13} aria-hidden /> {t(person.has_password ? 'vendor.person.password' : 'vendor.person.again')}
                  </Button>
                )}
                <Button
                  variant="ghost"
                  disabled={isBusy}
                  aria-label={`${t(person.is_active ? 'vendor.person.end' : 'vendor.person.letIn')}: ${person.name}`}
                  onClick={() => (person.is_active ? setLeaving(person) : turn.mutate(person))}
                >
                  {person.is_active ? <UserRoundX size={13} aria-hidden /> : <UserRoundCheck size={13} aria-hidden />} {t(person.is_active ? 'vendor.person.end' : 'vendor.person.letIn')}
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {mayWrite && vendor.is_active && <Invite vendor={vendor} onMade={(of, url) => setLink({ of, url })} onSettled={onSettled} />}
      {link && <SecretOnce title={t('vendor.linkOf', { name: link.of })} description={t('vendor.inviteHint')} label={t('vendor.inviteLink')} secret={link.url} onOpenChange={() => setLink(null)} />}
      {leaving && (
        <ConfirmDialog
          title={t('vendor.person.endOf', { name: leaving.name })} description={t('vendor.person.endText')} submit={t('vendor.person.end')}
          onConfirm={() => turn.mutate(leaving)} onOpenChange={() => setLeaving(null)}
        />
      )}
    </section>
  )
}

type InviteProps = { vendor: Vendor; onMade: (name: string, link: string) => void; onSettled: () => void }

function Invite({ vendor, onMade, onSettled }: InviteProps) {
  const t = useT()
  const [fields, setFields] = useState({ email: '', name: '' })
  const add = useMutation({
    mutationFn: () => createVendorUser(vendor.code, fields),
    onSuccess: made => {
      onMade(fields.name, made.invite_link)
      setFields({ email: '', name: '' })
    },
    onSettled,
  })
  const problem = add.error instanceof Problem ? add.error : null
  const shown = ['name', 'email']
  return (
    <form
      className="mt-3 space-y-2"
      onSubmit={event => {
        event.preventDefault()
        add.mutate()
      }}
    >
      <div className="grid grid-cols-[1fr_1fr_auto] items-end gap-2 max-sm:grid-cols-1">
        <Field label={t('user.name')} required maxLength={200} value={fields.name} error={problem?.field('name')} onChange={e => setFields({ ...fields, name: e.target.value })} />
        <Field label={t('lead.email')} type="email" required maxLength={320} value={fields.email} error={problem?.field('email')} onChange={e => setFields({ ...fields, email: e.target.value })} />
        <Button type="submit" size="lg" disabled={add.isPending}>{t('vendor.invite')}</Button>
      </div>
      {add.error && !problem?.fields.some(fault => shown.includes(fault.field)) && <FormError>{messageOf(add.error)}</FormError>}
    </form>
  )
}
