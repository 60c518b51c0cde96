import { ChevronDown } from 'lucide-react'
import { useAvailability } from '@/app/use-availability'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { Button } from '@/ui/button'
import { Menu, MenuChoices, MenuLabel } from '@/ui/menu'
import { PRESENCES, PresenceDot } from '@/ui/presence-dot'

export function AvailabilityMenu() {
  const t = useT()
  const me = useMe()
  const choose = useAvailability()
  return (
    <Menu
      trigger={
        <Button size="md" aria-label={t('shell.availability', { status: t(`presence.${me.status}`) })}>
          <PresenceDot status={me.status} />
          <span className="max-lg:hidden">{t(`presence.${me.status}`)}</span>
          <ChevronDown size={13} className="max-sm:hidden" aria-hidden />
        </Button>
      }
    >
      <MenuLabel>{t('shell.load', { load: me.load, capacity: me.capacity })}</MenuLabel>
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
