import { pagesFor } from '@/app/pages'
import { useT } from '@/lib/i18n'
import { shortcutsFor } from '@/lib/keys/table'
import { useMe } from '@/lib/me'
import { Dialog } from '@/ui/dialog'
import { Kbd } from '@/ui/kbd'

export function KeyHelp({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const me = useMe()
  const sections = shortcutsFor(me, pagesFor(me))
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('shell.keys')} wide={sections.length > 1}>
      <div className={sections.length > 1 ? 'gap-8 sm:columns-2' : ''}>
        {sections.map(section => (
          <section key={section.title} className="mb-5 break-inside-avoid">
            <h3 className="mb-2 text-xs font-semibold text-mute">{t(section.title)}</h3>
            <dl className="space-y-1.5">
              {section.rows.map(row => (
                <div key={row.label} className="flex items-center justify-between gap-4">
                  <dt>{row.label}</dt>
                  <dd className="flex gap-1">{row.keys.map(key => <Kbd key={key}>{key}</Kbd>)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
