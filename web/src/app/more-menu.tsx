import { useNavigate } from '@tanstack/react-router'
import { Ellipsis, UserRound } from 'lucide-react'
import type { DeskPage } from '@/app/pages'
import { useT } from '@/lib/i18n'
import { Menu, MenuItem, MenuSeparator } from '@/ui/menu'

/** What the bar of a phone has no room for. */
export function MoreMenu({ pages, className }: { pages: DeskPage[]; className: string }) {
  const t = useT()
  const navigate = useNavigate()
  return (
    <Menu
      side="top"
      trigger={
        <button type="button" className={className}>
          <Ellipsis size={20} aria-hidden />
          {t('nav.more')}
        </button>
      }
    >
      {pages.map(({ to, label, icon: Icon }) => (
        <MenuItem key={to} onSelect={() => void navigate({ to })}>
          <Icon size={16} aria-hidden /> {t(label)}
        </MenuItem>
      ))}
      {pages.length > 0 && <MenuSeparator />}
      <MenuItem onSelect={() => void navigate({ to: '/account' })}>
        <UserRound size={16} aria-hidden /> {t('nav.account')}
      </MenuItem>
    </Menu>
  )
}
