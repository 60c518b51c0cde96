import { Popover } from 'radix-ui'
import { useQuery } from '@tanstack/react-query'
import { ListFilter } from 'lucide-react'
import { inboxRoute, PRIORITIES, STATUSES, type FilterSearch } from '@/features/inbox/filter'
import { departmentsQuery } from '@/lib/api/staff'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { channelName, CHANNELS } from '@/ui/channel-icon'
import { SelectField } from '@/ui/field'

/** Status, priority, channel and department of the list; the choice lives in the address. */
export function FilterBar() {
  const t = useT()
  const search = inboxRoute.useSearch()
  const navigate = inboxRoute.useNavigate()
  const departments = useQuery(departmentsQuery)
  const active = [search.status, search.priority, search.channel, search.dept].filter(Boolean).length
  const set = (change: Partial<FilterSearch>) => void navigate({ search: old => ({ ...old, ...change }), replace: true })
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button variant={active > 0 ? 'outline' : 'ghost'} aria-label={active > 0 ? t('filter.active', { n: active }) : t('filter.title')}>
          <ListFilter size={14} aria-hidden />
          {active > 0 && <span className="text-accent">{active}</span>}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={4} collisionPadding={8} aria-label={t('filter.title')} className="z-50 w-64 space-y-3 rounded-lg border bg-panel p-3 shadow-xl">
          <SelectField label={t('ticket.status')} value={search.status ?? ''} onChange={e => set({ status: e.target.value || undefined })}>
            <option value="">{t('filter.openWork')}</option>
            <option value="any">{t('filter.any')}</option>
            {STATUSES.map(status => <option key={status} value={status}>{t(`status.${status}`)}</option>)}
          </SelectField>
          <SelectField label={t('ticket.priority')} value={search.priority ?? ''} onChange={e => set({ priority: e.target.value || undefined })}>
            <option value="">{t('filter.any')}</option>
            {PRIORITIES.map(priority => <option key={priority} value={priority}>{t(`priority.${priority}`)}</option>)}
          </SelectField>
          <SelectField label={t('ticket.channel')} value={search.channel ?? ''} onChange={e => set({ channel: e.target.value || undefined })}>
            <option value="">{t('filter.any')}</option>
            {CHANNELS.map(channel => <option key={channel} value={channel}>{channelName(channel)}</option>)}
          </SelectField>
          <SelectField label={t('ticket.department')} value={search.dept ?? ''} onChange={e => set({ dept: Number(e.target.value) || undefined })}>
            <option value="">{t('filter.any')}</option>
            {departments.data?.map(d => <option key={d.id} value={d.id}>{d.name}</option>)}
          </SelectField>
          {active > 0 && (
            <Button className="w-full" onClick={() => set({ status: undefined, priority: undefined, channel: undefined, dept: undefined })}>
              {t('filter.clear')}
            </Button>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
