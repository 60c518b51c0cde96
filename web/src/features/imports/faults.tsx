import { Download } from 'lucide-react'
import { Fragment } from 'react'
import { faultWords, fieldName } from '@/features/imports/labels'
import { columnOf } from '@/features/imports/mapping'
import { useFaults } from '@/features/imports/queries'
import { faultTable } from '@/lib/api/imports'
import type { Import, ImportFault, Pipeline } from '@/lib/api/types'
import { number, t as say, tn, useT } from '@/lib/i18n'
import { useDownload } from '@/lib/use-download'
import { Button } from '@/ui/button'
import { Failed, Skeleton } from '@/ui/states'

const CELL = 'px-4 py-2 align-top max-sm:block max-sm:py-0.5'
/** On a phone, row and column stand in one line. */
const HEAD = 'max-sm:inline-block! max-sm:pr-0!'

/** The rows that cannot be taken in: where, what stood there, and what is wrong with it. */
export function Faults({ one, pipeline }: { one: Import; pipeline: Pipeline | undefined }) {
  const t = useT()
  const query = useFaults(one)
  const { bytes, take } = useDownload()
  const errors = query.data?.pages.flatMap(page => page.errors)
  const name = `${one.file_name.replace(/\.\w+$/, '')}-${t('import.faultsFile')}.csv`
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <h2 id="faults" className="font-semibold">{tn('import.faults', one.failed_rows)}</h2>
        <Button className="ml-auto" disabled={bytes !== null} onClick={() => void take(faultTable(one.id), name)}>
          <Download size={13} aria-hidden /> {bytes === null ? t('import.faultsTake') : t('download.going')}
        </Button>
      </div>
      <p className="mb-3 text-xs text-mute">{t('import.faultsHint')}</p>
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && !errors && <Failed error={query.error} retry={() => void query.refetch()} />}
      {errors && (
        <div className="relative overflow-x-auto rounded-xl border bg-panel" tabIndex={0} role="region" aria-labelledby="faults">
          <table className="w-full text-left max-sm:block">
            <thead className="border-b text-xs text-mute max-sm:sr-only">
              <tr>
                <th scope="col" className={`${CELL} w-16 font-medium`}>{t('import.row')}</th>
                <th scope="col" className={`${CELL} font-medium`}>{t('import.column')}</th>
                <th scope="col" className={`${CELL} font-medium`}>{t('import.value')}</th>
                <th scope="col" className={`${CELL} font-medium`}>{t('import.wrong')}</th>
              </tr>
            </thead>
            <tbody className="divide-y max-sm:block">
              {errors.map(({ row, cells, faults }) => (
                <Fragment key={row}>
                  {faults.map((fault, n) => (
                    <tr key={`${fault.field} ${fault.code}`} className="max-sm:block max-sm:py-1.5">
                      <td className={`${CELL} ${HEAD} text-mute tabular-nums`}><span className="sm:hidden">{t('import.row')} </span><span className={n === 0 ? '' : 'sm:sr-only'}>{number(row)}</span></td>
                      <FaultCells one={one} pipeline={pipeline} fault={fault} cells={cells} />
                    </tr>
                  ))}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {query.hasNextPage && <Button className="mt-3" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('lead.more')}</Button>}
    </section>
  )
}

type CellsProps = { one: Import; pipeline: Pipeline | undefined; fault: ImportFault; cells: string[] }

function FaultCells({ one, pipeline, fault, cells }: CellsProps) {
  const column = columnOf(one.mapping, fault.field)
  const value = column === null ? '' : (cells[column] ?? '')
  return (
    <>
      <td className={`${CELL} ${HEAD} whitespace-nowrap`}>{column === null ? (fault.field === 'row' ? '–' : fieldName(fault.field, one.fields)) : one.headers[column] || fieldName(fault.field, one.fields)}</td>
      <td className={`${CELL} max-w-64`}>{value === '' ? <span className="text-mute">{cells.length === 0 ? '–' : say('import.empty')}</span> : <span className="block truncate font-medium" title={value}>{value}</span>}</td>
      <td className={`${CELL} text-danger`}>{faultWords(fault, pipeline)}</td>
    </>
  )
}
