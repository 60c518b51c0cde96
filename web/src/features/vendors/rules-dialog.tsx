import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { daysOf, DealingEditor, type Dealing } from '@/features/vendors/dealing'
import { formOf, rulesOf, type Form } from '@/features/vendors/rules'
import { RulesEditor } from '@/features/vendors/rules-editor'
import { TryPost } from '@/features/vendors/try-post'
import { keys } from '@/lib/api/keys'
import { pipelinesQuery } from '@/lib/api/leads'
import { messageOf, Problem } from '@/lib/api/problem'
import type { Vendor, VendorRules } from '@/lib/api/types'
import { changeVendor, fetchVendorDefaults, putVendorDefaults } from '@/lib/api/vendors'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { can } from '@/lib/permissions'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Failed, FormError, Skeleton } from '@/ui/states'

/** What one vendor may post, and who gets it. */
export function VendorRulesDialog({ vendor, onOpenChange }: { vendor: Vendor; onOpenChange: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: ({ dealing, rules, version }: Kept) =>
      changeVendor(vendor.code, { rules, strategy: dealing.strategy, department_id: dealing.department_id, agents: dealing.agents, duplicate_days: daysOf(dealing.days) }, version),
    onSuccess: () => {
      toast(t('vendor.said.rules', { name: vendor.name }))
      onOpenChange()
    },
    onSettled: () => void client.invalidateQueries({ queryKey: keys.vendors }),
  })
  const first: Dealing = { strategy: vendor.strategy, department_id: vendor.department_id, agents: vendor.agents, days: String(vendor.duplicate_days ?? '') }
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('vendor.rulesOf', { name: vendor.name })} description={t('vendor.rulesHint')} huge stays>
      <RulesForm
        rules={vendor.rules} dealing={first} pipelineId={vendor.pipeline_id} hasPeople error={save.error} isPending={save.isPending}
        version={vendor.version} save={kept => save.mutate(kept)} cancel={onOpenChange}
        tryIt={(rules, days) => <TryPost code={vendor.code} rules={rules} days={days} />}
      />
    </Dialog>
  )
}

/** What vendors begin with from now on. */
export function VendorDefaultsDialog({ onOpenChange }: { onOpenChange: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const query = useQuery({ queryKey: keys.vendorDefaults, queryFn: fetchVendorDefaults })
  const save = useMutation({
    mutationFn: ({ dealing, rules, version }: Kept) => putVendorDefaults({ rules, strategy: dealing.strategy, duplicate_days: daysOf(dealing.days) }, version),
    onSuccess: () => {
      toast(t('vendor.said.defaults'))
      onOpenChange()
    },
    onSettled: () => void client.invalidateQueries({ queryKey: keys.vendorDefaults }),
  })
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('vendor.defaults')} description={t('vendor.defaultsHint')} huge stays>
      {query.isPending && <Skeleton className="h-80" />}
      {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <RulesForm
          rules={query.data.rules} pipelineId={undefined} hasPeople={false} error={save.error} isPending={save.isPending}
          dealing={{ strategy: query.data.strategy, department_id: null, agents: [], days: String(query.data.duplicate_days ?? '') }}
          version={query.data.version} save={kept => save.mutate(kept)} cancel={onOpenChange}
        />
      )}
    </Dialog>
  )
}

type Kept = { dealing: Dealing; rules: VendorRules; version: number }
type FormProps = {
  rules: VendorRules
  dealing: Dealing
  pipelineId: number | undefined
  hasPeople: boolean
  error: Error | null
  isPending: boolean
  /** As it is by now, others may have changed it since this form was opened. */
  version: number
  save: (kept: Kept) => void
  cancel: () => void
  tryIt?: (rules: VendorRules, days: number | null) => ReactNode
}

function RulesForm({ rules: given, dealing: begun, pipelineId, hasPeople, error, isPending, version, save, cancel, tryIt }: FormProps) {
  const t = useT()
  const me = useMe()
  const pipelines = useQuery(pipelinesQuery)
  const pipeline = pipelines.data?.find(one => (pipelineId === undefined ? one.is_default : one.id === pipelineId))
  const [read] = useState(version)
  const [form, setForm] = useState<Form>(() => formOf(given))
  const [dealing, setDealing] = useState<Dealing>(begun)
  const rules = rulesOf(form)
  const problem = error instanceof Problem ? error : null
  const isStale = problem?.code === 'stale_version'
  const told = problem?.fields.filter(fault => !/^rules\.(fields\.\d|country)|^(department_id|duplicate_days)$/.test(fault.field)) ?? []
  const mayWrite = can(me, 'vendors.write')
  return (
    <form
      className="space-y-5"
      onSubmit={event => {
        event.preventDefault()
        // Whoever was told that somebody was faster saves all the same.
        save({ dealing, rules, version: isStale ? version : read })
      }}
    >
      <fieldset disabled={!mayWrite} className="min-w-0 space-y-5">
        <legend className="sr-only">{t('vendor.fields')}</legend>
        <RulesEditor form={form} set={change => setForm(old => ({ ...old, ...change }))} pipeline={pipeline} problem={problem} />
        <DealingEditor dealing={dealing} set={change => setDealing(old => ({ ...old, ...change }))} problem={problem} hasPeople={hasPeople} />
      </fieldset>
      {tryIt?.(rules, daysOf(dealing.days))}
      <div className="sticky -bottom-5 -mb-5 space-y-3 border-t bg-panel py-4">
        {error && <FormError>{isStale ? t('vendor.changedMeanwhile') : [messageOf(error), ...told.map(fault => `${fault.field}: ${fault.message}`)].join(' ')}</FormError>}
        <div className="flex justify-end gap-2">
          <Button size="md" onClick={cancel}>{t(mayWrite ? 'common.cancel' : 'common.close')}</Button>
          {mayWrite && <Button size="md" variant="solid" type="submit" disabled={isPending}>{t(isStale ? 'vendor.saveAllTheSame' : 'common.save')}</Button>}
        </div>
      </div>
    </form>
  )
}
