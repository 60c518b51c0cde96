import { Link } from '@tanstack/react-router'
import { FileDown, FileUp } from 'lucide-react'
import type { LeadFilter } from '@/lib/api/keys'
import { leadsFile } from '@/lib/api/leads'
import { useCommands, type Command } from '@/lib/commands'
import { fileSize } from '@/lib/file-size'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { useDownload } from '@/lib/use-download'
import { Button } from '@/ui/button'
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '@/ui/menu'

const FORMATS = ['csv', 'xlsx'] as const
const today = () => new Date().toLocaleDateString('sv')

type Format = (typeof FORMATS)[number]

/** What a file calls the columns of the table; the one of either address is two there. */
const fileColumns = (shown: string[]) => shown.flatMap(id => (id === 'contact' ? ['phone', 'email'] : [id]))

/** Leads out as a file, as the list stands, with everything or with the columns it shows; and the way to take some in. */
export function ExportMenu({ filter, shown }: { filter: LeadFilter; shown: string[] }) {
  const t = useT()
  const me = useMe()
  const { bytes, take } = useDownload()
  const mayExport = can(me, 'leads.export')
  const save = (format: Format, columns?: string[]) => void take(leadsFile(filter, format, columns), `${t('lead.exportFile')}-${today()}.${format}`)
  const isBusy = bytes !== null
  useCommands(
    'leads-file',
    mayExport && !isBusy
      ? FORMATS.map((format): Command => ({ id: `export-${format}`, group: 'go', label: t('lead.do.export', { format: t(`lead.export.${format}`) }), run: () => save(format) }))
      : [],
  )
  const words = isBusy ? t('lead.exporting', { size: fileSize(bytes) }) : t('lead.export')
  return (
    <>
      {can(me, 'imports.read') && (
        <Link to="/leads/import" className="inline-flex h-8 shrink-0 items-center gap-1.5 rounded-md border bg-panel px-3 font-medium whitespace-nowrap hover:bg-raised max-sm:px-2" aria-label={t('lead.import')}>
          <FileUp size={14} aria-hidden /> <span className="max-sm:hidden">{t('lead.import')}</span>
        </Link>
      )}
      {mayExport && (
        <Menu
          trigger={
            <Button size="md" disabled={isBusy} aria-label={words} className="max-sm:px-2!">
              <FileDown size={14} aria-hidden /> <span className={isBusy ? '' : 'max-sm:hidden'}>{words}</span>
            </Button>
          }
        >
          <MenuLabel>{t('lead.exportHint')}</MenuLabel>
          {FORMATS.map(format => <MenuItem key={format} onSelect={() => save(format)}>{t(`lead.export.${format}`)}</MenuItem>)}
          <MenuSeparator />
          <MenuLabel>{t('lead.exportShown')}</MenuLabel>
          {FORMATS.map(format => (
            <MenuItem key={format} onSelect={() => save(format, [...new Set(fileColumns(shown))])}>
              {t(`lead.exportShown.${format}`)}
            </MenuItem>
          ))}
        </Menu>
      )}
      <span role="status" className="sr-only">{isBusy ? t('download.going') : ''}</span>
    </>
  )
}
