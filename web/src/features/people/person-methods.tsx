import { BadgeCheck, MoreHorizontal, Plus } from 'lucide-react'
import { useState } from 'react'
import { usePersonActions } from '@/features/people/actions'
import { addressKind, Part } from '@/features/people/labels'
import { ConsentDialog, MethodDialog } from '@/features/people/method-dialogs'
import type { ContactDetail, ContactMethod, ContactMethodChange } from '@/lib/api/types'
import { useT } from '@/lib/i18n'
import { dateTime } from '@/lib/time'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon } from '@/ui/channel-icon'
import { cn } from '@/ui/cn'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Menu, MenuItem, MenuSeparator } from '@/ui/menu'

type Asked = { about: 'edit' | 'consent' | 'remove'; method: ContactMethod } | { about: 'add' } | null

/** Every address, with what may be done to reach them there. */
export function PersonMethods({ person, mayChange }: { person: ContactDetail; mayChange: boolean }) {
  const t = useT()
  const { removeAddress } = usePersonActions()
  const [asked, setAsked] = useState<Asked>(null)
  const close = () => setAsked(null)
  return (
    <Part
      title={t('person.methods')}
      action={mayChange && <Button variant="ghost" onClick={() => setAsked({ about: 'add' })}><Plus size={13} aria-hidden /> {t('person.addMethod')}</Button>}
    >
      {person.methods.length === 0 && <p className="text-mute">{t('person.noMethods')}</p>}
      <ul className="space-y-2">
        {person.methods.map(method => <Method key={method.id} person={person} method={method} mayChange={mayChange} ask={about => setAsked({ about, method })} />)}
      </ul>
      {asked?.about === 'add' && <MethodDialog contact={person.id} onOpenChange={close} />}
      {asked?.about === 'edit' && <MethodDialog contact={person.id} method={asked.method} onOpenChange={close} />}
      {asked?.about === 'consent' && <ConsentDialog contact={person.id} method={asked.method} onOpenChange={close} />}
      {asked?.about === 'remove' && (
        <ConfirmDialog
          title={t('person.removeMethod', { value: asked.method.value })}
          description={t('person.removeMethodHint')}
          submit={t('person.remove')}
          onConfirm={() => void removeAddress(person.id, asked.method.id)}
          onOpenChange={close}
        />
      )}
    </Part>
  )
}

type MethodProps = { person: ContactDetail; method: ContactMethod; mayChange: boolean; ask: (about: 'edit' | 'consent' | 'remove') => void }

function Method({ person, method, mayChange, ask }: MethodProps) {
  const t = useT()
  const { changeAddress } = usePersonActions()
  const change = (wanted: ContactMethodChange) => void changeAddress(person.id, method.id, wanted)
  return (
    <li className="flex items-start gap-2">
      <span className="mt-1 text-mute"><ChannelIcon channel={method.kind} size={13} /></span>
      <span className="sr-only">{addressKind(method.kind)}</span>
      <div className="min-w-0 flex-1">
        <p className={cn('flex min-h-6 items-center gap-1.5', !method.is_active && 'text-mute')}>
          <span className="truncate" title={method.value}>{method.value}</span>
          {method.is_verified && <span title={t('person.verified')} className="text-ok"><BadgeCheck size={14} aria-hidden /><span className="sr-only">{t('person.verified')}</span></span>}
        </p>
        <p className="flex flex-wrap gap-1 empty:hidden">
          {method.is_primary && <Badge>{t('details.primary')}</Badge>}
          {!method.is_active && <Badge>{t('person.inactive')}</Badge>}
          {method.opted_out_at && <Badge tone="warn">{t('details.optedOut')}</Badge>}
          {method.consent_at && <Badge tone="ok">{t('person.consent')}</Badge>}
        </p>
        {method.opted_out_at && <p className="mt-0.5 text-xs text-mute">{t('person.optedOutAt', { when: dateTime(method.opted_out_at) })}</p>}
        {method.consent_at && (
          <p className="mt-0.5 text-xs text-mute">
            {method.consent_source
              ? t('person.consentAtBy', { when: dateTime(method.consent_at), source: method.consent_source })
              : t('person.consentAt', { when: dateTime(method.consent_at) })}
          </p>
        )}
      </div>
      {mayChange && (
        <Menu trigger={<Button variant="ghost" size="tiny" aria-label={t('person.methodMenu', { value: method.value })}><MoreHorizontal size={14} aria-hidden /></Button>}>
          {!method.is_primary && <MenuItem onSelect={() => change({ is_primary: true })}>{t('person.makePrimary')}</MenuItem>}
          <MenuItem onSelect={() => ask('edit')}>{t('person.editMethod')}</MenuItem>
          <MenuItem onSelect={() => change({ is_verified: !method.is_verified })}>{t(method.is_verified ? 'person.notVerified' : 'person.markVerified')}</MenuItem>
          <MenuSeparator />
          <MenuItem onSelect={() => change({ opted_out: !method.opted_out_at })}>{t(method.opted_out_at ? 'person.optIn' : 'person.optOut')}</MenuItem>
          {method.consent_at ? (
            <MenuItem onSelect={() => change({ consent: false })}>{t('person.takeConsent')}</MenuItem>
          ) : (
            <MenuItem onSelect={() => ask('consent')}>{t('person.giveConsent')}</MenuItem>
          )}
          <MenuSeparator />
          <MenuItem onSelect={() => change({ is_active: !method.is_active })}>{t(method.is_active ? 'person.deactivate' : 'person.activate')}</MenuItem>
          <MenuItem danger onSelect={() => ask('remove')}>{t('person.remove')}</MenuItem>
        </Menu>
      )}
    </li>
  )
}
