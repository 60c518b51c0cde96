import { Link } from '@tanstack/react-router'
import { UsersRound } from 'lucide-react'
import { tOr, useT } from '@/lib/i18n'
import { Button } from '@/ui/button'

export type Suspect = { id: number; name: string; reason: string }
type Props = {
  contact: number
  suspects: readonly Suspect[]
  mayMerge: boolean
  /** Says that the two are two; without it nobody is asked. */
  onDismiss?: ((other: Suspect) => void) | undefined
}

/** Who is likely the same person, with the way to compare and merge, or to say that they are not. */
export function SamePerson({ contact, suspects, mayMerge, onDismiss }: Props) {
  const t = useT()
  if (suspects.length === 0) return null
  return (
    <section aria-label={t('same.title')} className="rounded-xl border border-warn/40 bg-panel px-4 py-3">
      <h2 className="flex items-center gap-2 font-medium"><UsersRound size={15} className="text-warn" aria-hidden /> {t('same.title')}</h2>
      <ul className="mt-1.5 space-y-1.5">
        {suspects.map(other => (
          <li key={other.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Link to="/people/$contact" params={{ contact: String(other.id) }} className="min-w-0 truncate font-medium text-accent hover:underline">{other.name}</Link>
            <span className="text-xs text-mute">{tOr(`same.reason.${other.reason}`, other.reason)}</span>
            <span className="ml-auto flex gap-2 max-sm:ml-0">
              {onDismiss && (
                <Button variant="ghost" aria-label={t('same.dismissNamed', { name: other.name })} onClick={() => onDismiss(other)}>{t('same.dismiss')}</Button>
              )}
              {mayMerge && (
                <Link
                  to="/people/$contact"
                  params={{ contact: String(contact) }}
                  search={{ merge: other.id }}
                  aria-label={t('same.compareNamed', { name: other.name })}
                  className="inline-flex h-7 items-center rounded-md border bg-panel px-2.5 text-xs font-medium hover:bg-raised"
                >
                  {t('same.compare')}
                </Link>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
