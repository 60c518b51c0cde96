import { ChevronDown } from 'lucide-react'
import { useAvailability } from '@/app/use-availability'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { Button } from '@/ui/button'
import { Menu, MenuChoices, MenuLabel } from '@/ui/menu'
import { LoadBar } from '@/ui/load-bar'
import { PRESENCES, PresenceDot } from '@/ui/presence-dot'

export function AvailabilityMenu() {
  const t = useT()
  const me = useMe()
  const choose = useAvailability()
  return (
    <Menu
      trigger={
        <Button size="md" aria-label={t('shell.availability', { status: t(`presence.${me.status}`), load: me.load, capacity: me.capacity })}>
          <PresenceDot status={me.status} />
          <span className="max-lg:hidden">{t(`presence.${me.status}`)}</span>{' '}
          <span className="text-xs text-mute tabular-nums max-sm:hidden">{me.load}/{me.capacity}</span>
          <ChevronDown size={13} className="max-sm:hidden" aria-hidden />
        </Button>
      }
    >
      <MenuLabel>{t('availability.title')}</MenuLabel>
      <div className="w-56 px-2 pb-2">
        <LoadBar load={me.load} capacity={me.capacity} />
      </div>
      <MenuChoices
        value={me.status}
        onChoose={choose}
        choices={PRESENCES.map(status => ({
          value: status,
          label: (
            <>
              <PresenceDot status={status} />
              {t(`presence.${status}`)}
            </>
          ),
        }))}
      />
    </Menu>
  )
}
