import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LeadFacts } from '@/features/leads/lead-facts'
import { keys } from '@/lib/api/keys'
import { changeLead } from '@/lib/api/leads'
import { Problem } from '@/lib/api/problem'
import type { Lead, Me, Pipeline } from '@/lib/api/types'
import { openBooks } from '@/lib/i18n'

vi.mock('@tanstack/react-router', () => ({ Link: ({ children }: { children: string }) => <a href="/">{children}</a> }))
vi.mock('@/lib/api/leads', async load => ({ ...(await load<typeof import('@/lib/api/leads')>()), changeLead: vi.fn() }))
vi.mock('@/lib/api/client', () => ({ api: { GET: async () => ({}) }, data: async () => ({ tasks: [], users: [], sources: [], departments: [] }), seen: () => ({}), queryString: () => '' }))

const lead = {
  id: 1, name: 'Anh', contact_id: 2, contact: { name: 'Anh', company: null }, contact_methods: [], students: [{ id: 5, lead_id: 1, name: 'Minh', grade_applying_for: '6', date_of_birth: null, version: 1 }],
  source: 'website', vendor: null, department: { id: 4, name: 'Admissions' }, tags: ['vip'], notes: 'Wants a tour', custom: { year: '2027' }, checklist: [],
  value: null, currency: 'USD', priority: 'medium', disposition: null, owner: null, assigned_to: null, score: 10, score_parts: [], archived_at: null,
  created_at: '2026-01-01T00:00:00Z', due_at: null, lost_reason: null, version: 3,
} as unknown as Lead
const field = (key: string, kind: string, options: string[] = []) => ({ key, label: key, kind, options, is_active: true })
const pipeline = {
  has_students: true, dispositions: [], checklist: [],
  fields: [field('year', 'choice', ['2027', '2028']), field('aid', 'bool'), field('shoe', 'number'), field('visit', 'date')],
} as unknown as Pipeline

let root: Root
const draw = async (shown: Lead, permissions: string[]) => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(keys.me, { id: 1, permissions: permissions.map(action => ({ action, scope: 'all' })) } as Me)
  client.setQueryData(keys.lead(1), shown)
  await act(async () => root.render(<QueryClientProvider client={client}><LeadFacts lead={shown} pipeline={pipeline} /></QueryClientProvider>))
}
const labelled = <E extends Element>(label: string) => document.querySelector<E>(`[aria-label="${label}"]`)

beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  await openBooks('leads')
  root = createRoot(document.body.appendChild(document.createElement('div')))
})
afterEach(() => {
  act(() => root.unmount())
  document.body.replaceChildren()
})

it('whoever may write can change every fact, also those that say nothing yet', async () => {
  await draw(lead, ['leads.write', 'departments.read', 'tasks.write'])
  for (const label of ['Source', 'Department', 'year', 'aid', 'shoe', 'visit', 'Add a tag', 'Change Minh', 'Take Minh off the lead']) expect(labelled(label), label).not.toBeNull()
  expect(labelled<HTMLSelectElement>('Department')?.value).toBe('4')
  expect(document.body.textContent).toContain('Add a student')
  expect(document.body.textContent).toContain('Change the notes')
})

it('others, and everybody once it is archived, only read', async () => {
  for (const [shown, permissions] of [[lead, ['leads.read']], [{ ...lead, archived_at: '2026-02-01T00:00:00Z' }, ['leads.write', 'departments.read']]] as const) {
    await draw(shown, [...permissions])
    for (const label of ['Source', 'shoe', 'Add a tag', 'Change Minh']) expect(labelled(label), label).toBeNull()
    for (const words of ['Admissions', 'vip', 'Wants a tour', '2027', 'Minh']) expect(document.body.textContent).toContain(words)
  }
})

it('a refused fact says so at its field', async () => {
  vi.mocked(changeLead).mockRejectedValue(new Problem(422, 'invalid', 'Look', [{ field: 'custom.year', code: 'required', message: 'is missing' }]))
  await draw(lead, ['leads.write'])
  const year = labelled<HTMLSelectElement>('year')
  await act(async () => {
    Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value')?.set?.call(year, '')
    year?.dispatchEvent(new Event('change', { bubbles: true }))
  })
  await vi.waitFor(() => expect(document.querySelector('[role=alert]')?.textContent).toBe('is missing'))
  expect(vi.mocked(changeLead).mock.calls[0]?.slice(0, 3)).toEqual([1, { custom: { year: null } }, 3])
})
