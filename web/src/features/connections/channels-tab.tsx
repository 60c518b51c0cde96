import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Check, CircleAlert, Plug, Plus } from 'lucide-react'
import { useState } from 'react'
import { NewChannel } from '@/features/connections/new-channel'
import { changeChannel, fetchChannels, testChannel } from '@/lib/api/admin'
import { keys } from '@/lib/api/keys'
import { departmentsQuery } from '@/lib/api/staff'
import type { Channel, ChannelTest } from '@/lib/api/types'
import { t, tOr, useT } from '@/lib/i18n'
import { shortAge, useNow } from '@/lib/time'
import { toastFailure } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { ChannelIcon, channelName } from '@/ui/channel-icon'
import { CopyButton } from '@/ui/copy-button'
import { Empty, Failed, Skeleton } from '@/ui/states'

const TONES = { active: 'ok', disabled: 'mute', disconnected: 'danger' } as const

export function ChannelsTab() {
  const t = useT()
  const [isAdding, setAdding] = useState(false)
  const query = useQuery({ queryKey: keys.channels, queryFn: fetchChannels })
  const list = query.data?.channels
  return (
    <section aria-label={t('connections.channels')} className="space-y-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 text-mute">{t('channel.text')}</p>
        <Button variant="solid" size="md" onClick={() => setAdding(true)}><Plus size={14} aria-hidden /> {t('channel.add')}</Button>
      </div>
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {list?.length === 0 && <Empty icon={Plug} title={t('channel.none')} text={t('channel.noneText')} />}
      {list && list.length > 0 && (
        <ul className="divide-y rounded-xl border bg-panel">
          {list.map(channel => <ChannelRow key={channel.id} channel={channel} />)}
        </ul>
      )}
      {isAdding && <NewChannel onOpenChange={setAdding} />}
    </section>
  )
}

function ChannelRow({ channel }: { channel: Channel }) {
  const t = useT()
  const now = useNow()
  const client = useQueryClient()
  const departments = useQuery(departmentsQuery)
  const department = departments.data?.find(d => d.id === channel.department_id)
  const address = location.origin + channel.webhook_path
  const test = useMutation({ mutationFn: () => testChannel(channel.id), onError: error => toastFailure(error.message, () => test.mutate()) })
  const turn = useMutation({
    mutationFn: () => changeChannel(channel.id, { status: channel.status === 'active' ? 'disabled' : 'active' }, channel.version),
    onSettled: () => client.invalidateQueries({ queryKey: keys.channels }),
    onError: error => toastFailure(error.message),
  })
  return (
    <li aria-label={channel.name} className="space-y-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <span className="text-mute"><ChannelIcon channel={channel.kind} size={18} /></span>
        <div className="min-w-40 flex-1">
          <p className="font-medium">{channel.name}</p>
          <p className="text-xs text-mute">
            {[channelName(channel.kind), channel.account_id, department?.name].filter(Boolean).join(' · ')}
          </p>
        </div>
        <span className="text-xs text-mute">
          {channel.last_inbound_at ? t('channel.heard', { when: shortAge(channel.last_inbound_at, now) }) : t('channel.silent')}
        </span>
        <Badge tone={TONES[channel.status]}>{t(`channelStatus.${channel.status}`)}</Badge>
        <Button disabled={test.isPending} onClick={() => test.mutate()}>{t('channel.check')}<span className="sr-only"> {channel.name}</span></Button>
        <Button variant="ghost" disabled={turn.isPending} onClick={() => turn.mutate()}>
          {channel.status === 'active' ? t('channel.disable') : t('channel.enable')}<span className="sr-only"> {channel.name}</span>
        </Button>
      </div>
      <div className="flex items-center gap-1.5 text-xs">
        <span className="text-mute">{t('channel.webhook')}</span>
        <code className="min-w-0 truncate">{address}</code>
        <CopyButton text={address} label={t('channel.copy', { name: channel.name })} />
      </div>
      <div role="status" className="empty:m-0!">{test.data && <TestResult test={test.data} />}</div>
    </li>
  )
}

const wordCheck = ({ name, ok, code, detail }: ChannelTest['checks'][number]): string =>
  ok ? t('channel.fine') : tOr(`channelProblem.${name}.${code}`, detail ?? t('channel.wrong'), { why: detail ?? '' })

const TestResult = ({ test }: { test: ChannelTest }) => (
  <ul className="space-y-1 rounded-lg border px-3 py-2 text-xs">
    {test.checks.map(check => (
      <li key={check.name} className="flex items-start gap-2">
        {check.ok ? <Check size={14} className="shrink-0 text-ok" aria-hidden /> : <CircleAlert size={14} className="shrink-0 text-danger" aria-hidden />}
        <span className="font-medium">{tOr(`channelCheck.${check.name}`, check.name)}</span>
        <span className="min-w-0 break-words text-mute">{wordCheck(check)}</span>
      </li>
    ))}
  </ul>
)
