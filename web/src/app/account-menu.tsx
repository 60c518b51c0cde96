import { useNavigate } from '@tanstack/react-router'
import { KeyRound, LogOut, UserRound } from 'lucide-react'
import { leave } from '@/app/session'
import { chooseLocale, chooseTheme, LOCALES, THEMES } from '@/lib/preferences'
import { useLocale, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { roleName } from '@/lib/roles'
import { useStore } from '@/lib/store'
import { themeStore } from '@/lib/theme'
import { Avatar } from '@/ui/avatar'
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuSeparator } from '@/ui/menu'

export function AccountMenu() {
  const t = useT()
  const me = useMe()
  const locale = useLocale()
  const theme = useStore(themeStore)
  const navigate = useNavigate()
  return (
    <Menu
      trigger={
        <button type="button" aria-label={t('account.menu', { name: me.name })} className="rounded-full">
          <Avatar name={me.name} size={30} />
        </button>
      }
    >
      <div className="px-2 py-1.5">
        <p className="font-semibold">{me.name}</p>
        <p className="text-xs text-mute">
          {me.email} · {roleName(t, me.role, me.role_name)}
        </p>
      </div>
      <MenuSeparator />
      <MenuLabel>{t('theme.title')}</MenuLabel>
      <MenuChoices value={theme} onChoose={chooseTheme} choices={THEMES.map(value => ({ value, label: t(`theme.${value}`) }))} />
      <MenuLabel>{t('language.title')}</MenuLabel>
      <MenuChoices value={locale} onChoose={chooseLocale} choices={LOCALES.map(value => ({ value, label: t(`language.${value}`) }))} />
      <MenuSeparator />
      <MenuItem onSelect={() => void navigate({ to: '/account' })}>
        <UserRound size={14} aria-hidden /> {t('account.title')}
      </MenuItem>
      <MenuItem onSelect={() => void navigate({ to: '/account', hash: 'password' })}>
        <KeyRound size={14} aria-hidden /> {t('account.changePassword')}
      </MenuItem>
      <MenuItem onSelect={() => void leave()}>
        <LogOut size={14} aria-hidden /> {t('account.logOut')}
      </MenuItem>
    </Menu>
  )
}
