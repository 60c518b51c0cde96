import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { createApiKey, fetchApiKeys, revokeApiKey } from '@/lib/api/admin'
import { keys } from '@/lib/api/keys'
import { Problem } from '@/lib/api/problem'
import type { ApiKey, ApiScope } from '@/lib/api/types'
import { number, tOr, useT } from '@/lib/i18n'
import { shortAge, useNow } from '@/lib/time'
import { toast, toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, SelectField } from '@/ui/field'
import { FormDialog } from '@/ui/form-dialog'
import { SecretOnce } from '@/ui/secret-once'
import { Empty, Failed, Skeleton } from '@/ui/states'

const CELL = 'px-4 py-2'
const SCOPES: ApiScope[] = ['intake', 'read', 'write', 'admin']

export function ApiKeysTab() {
  const t = useT()
  const [isAdding, setAdding] = useState(false)
  const [revoked, setRevoked] = useState<ApiKey | null>(null)
  const query = useQuery({ queryKey: keys.apiKeys, queryFn: fetchApiKeys })
  const list = query.data?.api_keys
  return (
    <section aria-label={t('connections.keys')} className="space-y-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 text-mute">{t('apiKey.text')}</p>
        <Button variant="solid" size="md" onClick={() => setAdding(true)}><Plus size={14} aria-hidden /> {t('apiKey.add')}</Button>
      </div>
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {list?.length === 0 && <Empty icon={KeyRound} title={t('apiKey.none')} text={t('apiKey.noneText')} />}
      {list && list.length > 0 && <KeyTable list={list} revoke={setRevoked} />}
      {isAdding && <NewKey onOpenChange={setAdding} />}
      {revoked && <Revoke apiKey={revoked} onOpenChange={() => setRevoked(null)} />}
    </section>
  )
}

function KeyTable({ list, revoke }: { list: ApiKey[]; revoke: (key: ApiKey) => void }) {
  const t = useT()
  const now = useNow()
  return (
    <div className="relative overflow-x-auto rounded-xl border bg-panel">
      <table className="w-full text-left">
        <thead className="border-b text-xs text-mute">
          <tr>
            {[t('user.name'), t('apiKey.key'), t('apiKey.scope'), t('apiKey.used'), t('apiKey.lastUsed')].map(title => <th key={title} scope="col" className={CELL}>{title}</th>)}
            <th scope="col" className={CELL}><span className="sr-only">{t('thread.more')}</span></th>
          </tr>
        </thead>
        <tbody className="divide-y tabular-nums">
          {list.map(key => (
            <tr key={key.id}>
              <th scope="row" className={`${CELL} font-medium`}>{key.name}</th>
              <td className={CELL}><code className="text-xs">{key.prefix}…</code></td>
              <td className={CELL}>{tOr(`apiScope.${key.scope}`, key.scope)}</td>
              <td className={CELL}>{number(key.usage_count)}</td>
              <td className={`${CELL} text-mute`}>{key.last_used_at ? shortAge(key.last_used_at, now) : t('user.never')}</td>
              <td className={`${CELL} text-right`}>
                {key.revoked_at ? <Badge>{t('apiKey.revoked')}</Badge> : <Button variant="danger" onClick={() => revoke(key)}>{t('apiKey.revoke')}<span className="sr-only"> {key.name}</span></Button>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function NewKey({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [scope, setScope] = useState<ApiScope>('intake')
  const create = useMutation({
    mutationFn: () => createApiKey({ name: name.trim(), scope }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.apiKeys }),
  })
  const problem = create.error instanceof Problem ? create.error : null
  if (create.data) {
    return <SecretOnce title={t('apiKey.created', { name: create.data.name })} description={t('apiKey.once')} label={t('apiKey.key')} secret={create.data.api_key} onOpenChange={onOpenChange} />
  }
  return (
    <FormDialog title={t('apiKey.add')} description={t('apiKey.addText')} submit={t('apiKey.create')} error={create.error} isPending={create.isPending} onSubmit={() => create.mutate()} onOpenChange={onOpenChange}>
      <Field label={t('user.name')} value={name} onChange={e => setName(e.target.value)} error={problem?.field('name')} required />
      <SelectField label={t('apiKey.scope')} hint={t(`apiScopeHint.${scope}`)} value={scope} onChange={e => setScope(e.target.value as ApiScope)} error={problem?.field('scope')}>
        {SCOPES.map(value => <option key={value} value={value}>{t(`apiScope.${value}`)}</option>)}
      </SelectField>
    </FormDialog>
  )
}

/** It cannot be undone, so it is asked. */
function Revoke({ apiKey, onOpenChange }: { apiKey: ApiKey; onOpenChange: (open: boolean) => void }) {
  const t = useT()
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => revokeApiKey(apiKey.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.apiKeys })
      toast(t('apiKey.wasRevoked', { name: apiKey.name }))
      onOpenChange(false)
    },
    onError: error => toastFailure(error.message),
  })
  return (
    <Dialog open onOpenChange={onOpenChange} title={t('apiKey.revokeNamed', { name: apiKey.name })} description={t('apiKey.revokeText')}>
      <div className="flex justify-end gap-2">
        <Button size="md" onClick={() => onOpenChange(false)}>{t('common.cancel')}</Button>
        <Button size="md" variant="danger" disabled={revoke.isPending} onClick={() => revoke.mutate()}>{t('apiKey.revoke')}</Button>
      </div>
    </Dialog>
  )
}
