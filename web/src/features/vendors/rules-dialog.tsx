import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { daysOf, DealingEditor, type Dealing } from '@/features/vendors/dealing'
import { formOf, rulesOf, type Form } from '@/features/vendors/rules'
import { Part, RulesEditor } from '@/features/vendors/rules-editor'
import { TryPost } from '@/features/vendors/try-post'
import { currencyOf, worthOf, type Worth } from '@/features/vendors/worth'
import { WorthFields } from '@/features/vendors/worth-fields'
import { keys } from '@/lib/api/keys'
import { pipelinesQuery } from '@/lib/api/leads'
import { messageOf, Problem } from '@/lib/api/problem'
import type { Pipeline, Vendor, VendorRules } from '@/lib/api/types'
import { changeVendor, fetchVendorDefaults, putVendorDefaults } from '@/lib/api/vendors'
import { useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { minorUnits } from '@/lib/money'
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
  const query = useQuery({ queryKey: keys.vendorDefaults, queryFn: fetchVendorDefaults })
  const pipelines = useQuery(pipelinesQuery)
  const isThere = query.data !== undefined && pipelines.data !== undefined
  const failed = query.error ?? pipelines.error
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('vendor.defaults')} description={t('vendor.defaultsHint')} huge stays>
      {!isThere && !failed && <Skeleton className="h-80" />}
      {!isThere && failed && <Failed error={failed} retry={() => void Promise.all([query.refetch(), pipelines.refetch()])} />}
      {isThere && <DefaultsForm told={query.data} pipelines={pipelines.data} close={onOpenChange} />}
    </Dialog>
  )
}

type Told = Awaited<ReturnType<typeof fetchVendorDefaults>>

function DefaultsForm({ told, pipelines, close }: { told: Told; pipelines: Pipeline[]; close: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const [worth, setWorth] = useState<Worth>(() => worthOf(told, currencyOf(pipelines, told.pipeline_id)))
  const value = minorUnits(worth.value, currencyOf(pipelines, worth.pipeline_id))
  const save = useMutation({
    mutationFn: ({ dealing, rules, version }: Kept) =>
      putVendorDefaults(
        {
          rules, strategy: dealing.strategy, duplicate_days: daysOf(dealing.days), department_id: dealing.department_id,
          pipeline_id: worth.pipeline_id, source: worth.source.trim(), lead_value: value ?? null,
        },
        version,
      ),
    onSuccess: () => {
      toast(t('vendor.said.defaults'))
      close()
    },
    onSettled: () => void client.invalidateQueries({ queryKey: keys.vendorDefaults }),
  })
  const problem = save.error instanceof Problem ? save.error : null
  return (
    <RulesForm
      rules={told.rules} pipelineId={worth.pipeline_id ?? undefined} hasPeople={false} error={save.error} isPending={save.isPending || value === undefined}
      dealing={{ strategy: told.strategy, department_id: told.department_id ?? null, agents: [], days: String(told.duplicate_days ?? '') }}
      version={told.version} save={kept => save.mutate(kept)} cancel={close}
      more={(
        <Part title={t('vendor.worth')}>
          <div className="grid items-start gap-3 sm:grid-cols-3">
            <WorthFields worth={worth} set={change => setWorth(old => ({ ...old, ...change }))} pipelines={pipelines} problem={problem} mayDefault />
          </div>
        </Part>
      )}
    />
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
  /** What else the form asks. */
  more?: ReactNode
}

function RulesForm({ rules: given, dealing: begun, pipelineId, hasPeople, error, isPending, version, save, cancel, tryIt, more }: FormProps) {
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
  const told = problem?.fields.filter(fault => !/^rules\.(fields\.\d|country)|^(department_id|duplicate_days|pipeline_id|source|lead_value)$/.test(fault.field)) ?? []
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
        {more}
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
