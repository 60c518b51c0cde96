import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { useT } from '@/lib/i18n'
import { Empty, Failed } from '@/ui/states'

export function NotFound() {
  const t = useT()
  return (
    <main className="grid h-full place-items-center">
      <Empty isPage icon={Compass} title={t('error.notFound')} text={t('error.notFoundText')}>
        <Link to="/inbox" className="font-medium text-accent underline">
          {t('error.toInbox')}
        </Link>
      </Empty>
    </main>
  )
}

export const RouteError = ({ error, reset }: ErrorComponentProps) => (
  <main className="grid h-full place-items-center">
    <Failed error={error} retry={reset} />
  </main>
)
