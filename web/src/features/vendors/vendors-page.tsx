import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { KeyRound, ListChecks, Pencil, Plus, Store } from 'lucide-react'
import { useEffect, useState } from 'react'
import { EditVendorDialog } from '@/features/vendors/edit-vendor'
import { NewVendorDialog } from '@/features/vendors/new-vendor'
import { PostingLog } from '@/features/vendors/posting-log'
import { VendorDefaultsDialog, VendorRulesDialog } from '@/features/vendors/rules-dialog'
import { VendorPeople } from '@/features/vendors/vendor-people'
import { keys } from '@/lib/api/keys'
import { pipelinesQuery } from '@/lib/api/leads'
import { messageOf } from '@/lib/api/problem'
import { changeVendor, fetchVendorPerformance, fetchVendors, regenerateVendorKey } from '@/lib/api/vendors'
import type { Vendor } from '@/lib/api/types'
import { number, t as say, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast, toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Dialog } from '@/ui/dialog'
import { PerformanceView } from '@/ui/performance'
import { SecretOnce } from '@/ui/secret-once'
import { Empty, Failed, Skeleton } from '@/ui/states'

const route = getRouteApi('/desk/vendors')
const CELL = 'px-4 py-2'

/** Who sells leads: their keys, their people, and how they do. */
export function VendorsPage() {
  const t = useT()
  const me = useMe()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery({ queryKey: keys.vendors, queryFn: async () => (await fetchVendors()).vendors })
  const [isAdding, setAdding] = useState(false)
  const [secret, setSecret] = useState<{ code: string; key: string } | null>(null)
  const open = (v: string | undefined, tab?: 'rules' | 'defaults') => void navigate({ search: { v, tab } })
  useEffect(() => {
    document.title = `${t('nav.vendors')} · Frontdesk`
  }, [t])
  const shown = query.data?.find(vendor => vendor.code === search.v)
  return (
    <main className="min-w-0 flex-1 overflow-auto p-6 max-sm:p-4">
      <div className="max-w-5xl space-y-4">
        <div className="flex items-center gap-3">
          <h1 className="text-[15px] font-semibold">{t('nav.vendors')}</h1>
          <Button size="md" className="ml-auto" onClick={() => open(undefined, 'defaults')}><ListChecks size={14} aria-hidden /> {t('vendor.defaults')}</Button>
          {can(me, 'vendors.write') && (
            <Button variant="solid" size="md" onClick={() => setAdding(true)}><Plus size={14} aria-hidden /> {t('vendor.new')}</Button>
          )}
        </div>
        {query.isPending && <Skeleton className="h-64" />}
        {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
        {query.data?.length === 0 && <Empty icon={Store} title={t('vendor.none')} text={t('vendor.noneHint')} />}
        {query.data && query.data.length > 0 && <Table vendors={query.data} open={open} />}
      </div>
      {isAdding && <NewVendorDialog onOpenChange={setAdding} onMade={made => setSecret({ code: made.vendor.code, key: made.api_key })} />}
      {search.tab === 'defaults' && <VendorDefaultsDialog onOpenChange={() => open(undefined)} />}
      {shown && search.tab === 'rules' && <VendorRulesDialog vendor={shown} onOpenChange={() => open(shown.code)} />}
      {shown && !search.tab && !secret && <VendorDialog vendor={shown} rules={() => open(shown.code, 'rules')} onOpenChange={() => open(undefined)} onKey={key => setSecret({ code: shown.code, key })} />}
      {secret && (
        <SecretOnce title={t('vendor.keyOf', { code: secret.code })} description={t('vendor.keyHint')} label={t('vendor.key')} secret={secret.key} onOpenChange={() => setSecret(null)} />
      )}
    </main>
  )
}

function Table({ vendors, open }: { vendors: Vendor[]; open: (code: string) => void }) {
  const t = useT()
  return (
    <div className="relative overflow-x-auto rounded-xl border bg-panel" tabIndex={0} role="region" aria-label={t('nav.vendors')}>
      <table className="w-full text-left">
        <thead className="border-b text-xs text-mute">
          <tr>
            <th scope="col" className={CELL}>{t('vendor.name')}</th>
            <th scope="col" className={CELL}>{t('vendor.key')}</th>
            <th scope="col" className={CELL}>{t('vendor.accepted')}</th>
            <th scope="col" className={CELL}>{t('vendor.rejected')}</th>
            <th scope="col" className={CELL}>{t('vendor.duplicates')}</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {vendors.map(vendor => (
            <tr key={vendor.id} className="hover:bg-raised">
              <th scope="row" className={`${CELL} font-normal`}>
                <button type="button" onClick={() => open(vendor.code)} className="text-left">
                  <span className="block font-medium">{vendor.name}</span>
                  <span className="block text-xs text-mute">{vendor.code}</span>
                </button>
              </th>
              <td className={CELL}>{vendor.is_active ? vendor.key_prefix ? <code>{vendor.key_prefix}…</code> : say('vendor.noKey') : <Badge>{say('department.inactive')}</Badge>}</td>
              <td className={`${CELL} tabular-nums`}>{number(vendor.totals.accepted)}</td>
              <td className={`${CELL} tabular-nums`}>{number(vendor.totals.rejected)}</td>
              <td className={`${CELL} tabular-nums`}>{number(vendor.totals.duplicates)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

type DialogProps = { vendor: Vendor; rules: () => void; onOpenChange: () => void; onKey: (key: string) => void }

function VendorDialog({ vendor, rules, onOpenChange, onKey }: DialogProps) {
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const pipelines = useQuery(pipelinesQuery)
  const [asked, setAsked] = useState<'renew' | 'deactivate' | 'edit' | null>(null)
  const close = () => setAsked(null)
  const told = useQuery({ queryKey: keys.vendorPerformance(vendor.code), queryFn: () => fetchVendorPerformance(vendor.code) })
  const settle = () => void client.invalidateQueries({ queryKey: keys.vendors })
  const renew = useMutation({ mutationFn: () => regenerateVendorKey(vendor.code), onSuccess: made => onKey(made.api_key), onError: e => toastFailure(messageOf(e)), onSettled: settle })
  const turn = useMutation({
    mutationFn: () => changeVendor(vendor.code, { is_active: !vendor.is_active }, vendor.version),
    onSuccess: changed => toast(t(changed.is_active ? 'vendor.said.active' : 'vendor.said.inactive')),
    onError: e => toastFailure(messageOf(e)),
    onSettled: settle,
  })
  return (
    <Dialog open onOpenChange={onOpenChange} title={vendor.name} description={t('vendor.last30', { code: vendor.code })} wide>
      {told.isPending && <Skeleton className="h-64" />}
      {told.isError && <Failed error={told.error} retry={() => void told.refetch()} />}
      {told.data && <PerformanceView told={told.data} />}
      <PostingLog vendor={vendor} />
      <VendorPeople vendor={vendor} />
      <div className="mt-5 flex flex-wrap justify-end gap-2 border-t pt-4">
        <Button className="mr-auto" onClick={rules}><ListChecks size={13} aria-hidden /> {t('vendor.rules')}</Button>
        {can(me, 'vendors.write') && (
          <>
            <Button variant={vendor.is_active ? 'danger' : 'outline'} disabled={turn.isPending} onClick={() => (vendor.is_active ? setAsked('deactivate') : turn.mutate())}>
              {t(vendor.is_active ? 'vendor.deactivate' : 'vendor.activate')}
            </Button>
            <Button disabled={renew.isPending || !vendor.is_active} onClick={() => (vendor.key_prefix ? setAsked('renew') : renew.mutate())}>
              <KeyRound size={13} aria-hidden /> {t('vendor.newKey')}
            </Button>
            <Button disabled={!pipelines.data} onClick={() => setAsked('edit')}><Pencil size={13} aria-hidden /> {t('vendor.edit')}</Button>
          </>
        )}
      </div>
      {asked === 'renew' && (
        <ConfirmDialog
          title={t('vendor.renewNamed', { name: vendor.name })} description={t('vendor.renewText')} submit={t('vendor.newKey')}
          onConfirm={() => renew.mutate()} onOpenChange={close}
        />
      )}
      {asked === 'deactivate' && (
        <ConfirmDialog
          title={t('vendor.deactivateNamed', { name: vendor.name })} description={t('vendor.deactivateText')} submit={t('vendor.deactivate')}
          onConfirm={() => turn.mutate()} onOpenChange={close}
        />
      )}
      {asked === 'edit' && pipelines.data && <EditVendorDialog vendor={vendor} pipelines={pipelines.data} onOpenChange={close} />}
    </Dialog>
  )
}
