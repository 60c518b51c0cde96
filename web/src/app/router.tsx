import { createRootRoute, createRoute, createRouter, lazyRouteComponent, notFound, Outlet, redirect } from '@tanstack/react-router'
import { ensureSession } from '@/app/session'
import { keys } from '@/lib/api/keys'
import type { Me, Queue } from '@/lib/api/types'
import { openBooks, type Book } from '@/lib/i18n'
import { readLeadsSearch } from '@/lib/lead-search'
import { can, isVendor } from '@/lib/permissions'
import { queryClient } from '@/app/query-client'
import { NotFound, RouteError } from '@/app/errors'

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined
const id = (value: unknown): number | undefined => {
  const n = Number(value)
  return Number.isSafeInteger(n) && n > 0 ? n : undefined
}
const QUEUES: readonly string[] = ['mine', 'department', 'unassigned', 'all', 'spam'] satisfies Queue[]

export type InboxSearch = {
  tab?: Queue | undefined
  t?: number | undefined
  status?: string | undefined
  priority?: string | undefined
  channel?: string | undefined
  dept?: number | undefined
  q?: string | undefined
}
export type RoutingTab = 'keywords' | 'departments' | 'weights' | 'simulator' | 'queues'
const ROUTING_TABS: readonly string[] = ['keywords', 'departments', 'weights', 'simulator', 'queues'] satisfies RoutingTab[]

export type SetupTab = 'pipelines' | 'fields' | 'sources' | 'scoring' | 'assignment'
const SETUP_TABS: readonly string[] = ['pipelines', 'fields', 'sources', 'scoring', 'assignment'] satisfies SetupTab[]

export type VendorTab = 'rules' | 'defaults'

type PeopleSearch = {
  tab?: 'duplicates' | undefined
  q?: string | undefined
  kind?: 'person' | 'company' | undefined
  blocked?: boolean | undefined
  sort?: 'name' | undefined
}
type TimelinePart = (typeof TIMELINE_PARTS)[number]
const TIMELINE_PARTS = ['interaction', 'message', 'task', 'stage_change', 'change'] as const

/** What a page is loaded with besides its code: books of texts. */
const withBooks = <M,>(load: () => Promise<M>, ...books: Book[]) => async () => (await Promise.all([load(), openBooks(...books)]))[0]

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: RouteError })

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { next?: string | undefined } => ({ next: text(search.next) }),
  component: lazyRouteComponent(withBooks(() => import('@/features/session/login-page'), 'session'), 'LoginPage'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search: Record<string, unknown>): { token?: string | undefined } => ({ token: text(search.token) }),
  component: lazyRouteComponent(withBooks(() => import('@/features/session/setup-page'), 'session'), 'SetupPage'),
})
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  validateSearch: (search: Record<string, unknown>): { token?: string | undefined } => ({ token: text(search.token) }),
  component: lazyRouteComponent(withBooks(() => import('@/features/session/reset-page'), 'session'), 'ResetPage'),
})

const desk = createRoute({
  getParentRoute: () => root,
  id: 'desk',
  beforeLoad: async ({ location }) => {
    if (await ensureSession()) return
    throw redirect({ to: '/login', search: location.pathname === '/' ? {} : { next: location.href } })
  },
  component: lazyRouteComponent(() => import('@/app/layout'), 'Layout'),
})

/** A page that the role may not see is as good as not there. */
const need = (action: string) => () => {
  const me = queryClient.getQueryData<Me>(keys.me)
  if (me && isVendor(me) && !action.startsWith('portal.')) throw redirect({ to: '/portal' })
  if (!me || !can(me, action)) throw redirect({ to: '/inbox' })
}

/** A page of one thing: what no thing can be called by is no address. */
const needOf = (action: string, named: string) => ({ params }: { params: Record<string, string | undefined> }) => {
  need(action)()
  if (id(params[named]) === undefined) throw notFound()
}

const home = createRoute({
  getParentRoute: () => desk,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/inbox' })
  },
})
const inbox = createRoute({
  getParentRoute: () => desk,
  path: '/inbox',
  beforeLoad: () => {
    const me = queryClient.getQueryData<Me>(keys.me)
    if (me && isVendor(me)) throw redirect({ to: '/portal' })
  },
  validateSearch: (search: Record<string, unknown>): InboxSearch => ({
    tab: QUEUES.includes(String(search.tab)) ? (search.tab as Queue) : undefined,
    t: id(search.t),
    status: text(search.status),
    priority: text(search.priority),
    channel: text(search.channel),
    dept: id(search.dept),
    q: text(search.q),
  }),
  component: lazyRouteComponent(() => import('@/features/inbox/inbox-page'), 'InboxPage'),
})
const routing = createRoute({
  getParentRoute: () => desk,
  path: '/routing',
  beforeLoad: need('routing.read'),
  validateSearch: (search: Record<string, unknown>): { tab?: RoutingTab | undefined } => ({
    tab: ROUTING_TABS.includes(String(search.tab)) ? (search.tab as RoutingTab) : undefined,
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/routing/routing-page'), 'admin'), 'RoutingPage'),
})
const leads = createRoute({
  getParentRoute: () => desk,
  path: '/leads',
  beforeLoad: need('leads.read'),
  validateSearch: readLeadsSearch,
  component: lazyRouteComponent(withBooks(() => import('@/features/leads/leads-page'), 'leads'), 'LeadsPage'),
})
const lead = createRoute({
  getParentRoute: () => desk,
  path: '/leads/$lead',
  beforeLoad: needOf('leads.read', 'lead'),
  component: lazyRouteComponent(withBooks(() => import('@/features/leads/lead-page'), 'leads'), 'LeadPage'),
})
const imports = createRoute({
  getParentRoute: () => desk,
  path: '/leads/import',
  beforeLoad: need('imports.read'),
  component: lazyRouteComponent(withBooks(() => import('@/features/imports/imports-page'), 'imports', 'leads'), 'ImportsPage'),
})
const oneImport = createRoute({
  getParentRoute: () => desk,
  path: '/leads/import/$import',
  beforeLoad: needOf('imports.read', 'import'),
  validateSearch: (search: Record<string, unknown>): { step?: 'columns' | 'options' | undefined } => ({
    step: search.step === 'columns' || search.step === 'options' ? search.step : undefined,
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/imports/import-page'), 'imports', 'leads'), 'ImportPage'),
})
const pipeline = createRoute({
  getParentRoute: () => desk,
  path: '/pipeline',
  beforeLoad: need('leads.read'),
  validateSearch: readLeadsSearch,
  component: lazyRouteComponent(withBooks(() => import('@/features/leads/board-page'), 'leads'), 'BoardPage'),
})
const tasks = createRoute({
  getParentRoute: () => desk,
  path: '/tasks',
  beforeLoad: need('tasks.read'),
  validateSearch: (search: Record<string, unknown>): { view?: 'month' | undefined; month?: string | undefined; who?: string | undefined; status?: string | undefined } => ({
    view: search.view === 'month' ? 'month' : undefined,
    month: /^\d{4}-\d{2}$/.test(String(search.month)) ? String(search.month) : undefined,
    who: text(search.who),
    status: text(search.status),
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/tasks/tasks-page'), 'leads'), 'TasksPage'),
})
const people = createRoute({
  getParentRoute: () => desk,
  path: '/people',
  beforeLoad: need('contacts.read'),
  validateSearch: (search: Record<string, unknown>): PeopleSearch => ({
    tab: search.tab === 'duplicates' ? 'duplicates' : undefined,
    q: text(search.q),
    kind: search.kind === 'person' || search.kind === 'company' ? search.kind : undefined,
    blocked: search.blocked === true || search.blocked === 'true' ? true : undefined,
    sort: search.sort === 'name' ? 'name' : undefined,
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/people/people-page'), 'leads', 'people'), 'PeoplePage'),
})
const person = createRoute({
  getParentRoute: () => desk,
  path: '/people/$contact',
  beforeLoad: needOf('contacts.read', 'contact'),
  validateSearch: (search: Record<string, unknown>): { show?: TimelinePart | undefined; merge?: number | undefined } => ({
    show: TIMELINE_PARTS.find(part => part === search.show),
    merge: id(search.merge),
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/people/person-page'), 'leads', 'people'), 'PersonPage'),
})
const replies = createRoute({
  getParentRoute: () => desk,
  path: '/replies',
  beforeLoad: need('canned_replies.read'),
  validateSearch: (search: Record<string, unknown>): { q?: string | undefined; whose?: string | undefined; r?: number | 'new' | undefined } => ({
    q: text(search.q),
    whose: text(search.whose),
    r: search.r === 'new' ? 'new' : id(search.r),
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/replies/replies-page'), 'replies'), 'RepliesPage'),
})
const pipelines = createRoute({
  getParentRoute: () => desk,
  path: '/pipelines',
  beforeLoad: need('pipelines.write'),
  validateSearch: (search: Record<string, unknown>): { tab?: SetupTab | undefined; p?: number | undefined } => ({
    tab: SETUP_TABS.includes(String(search.tab)) ? (search.tab as SetupTab) : undefined,
    p: id(search.p),
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/pipelines/pipelines-page'), 'setup', 'leads'), 'PipelinesPage'),
})
const businessHours = createRoute({
  getParentRoute: () => desk,
  path: '/pipelines/hours',
  beforeLoad: need('business_hours.read'),
  validateSearch: (search: Record<string, unknown>): { h?: number | 'new' | undefined } => ({ h: search.h === 'new' ? 'new' : id(search.h) }),
  component: lazyRouteComponent(withBooks(() => import('@/features/business-hours/hours-page'), 'hours', 'setup'), 'HoursPage'),
})
const vendors = createRoute({
  getParentRoute: () => desk,
  path: '/vendors',
  beforeLoad: need('vendors.read'),
  validateSearch: (search: Record<string, unknown>): { v?: string | undefined; tab?: VendorTab | undefined } => ({
    v: text(search.v),
    tab: search.tab === 'rules' || search.tab === 'defaults' ? search.tab : undefined,
  }),
  component: lazyRouteComponent(withBooks(() => import('@/features/vendors/vendors-page'), 'admin'), 'VendorsPage'),
})
const portal = createRoute({
  getParentRoute: () => desk,
  path: '/portal',
  beforeLoad: need('portal.read'),
  component: lazyRouteComponent(withBooks(() => import('@/features/portal/portal-page'), 'admin'), 'PortalPage'),
})
const users = createRoute({
  getParentRoute: () => desk,
  path: '/users',
  beforeLoad: need('users.write'),
  validateSearch: (search: Record<string, unknown>): { u?: number | undefined; q?: string | undefined } => ({ u: id(search.u), q: text(search.q) }),
  component: lazyRouteComponent(withBooks(() => import('@/features/users/users-page'), 'admin'), 'UsersPage'),
})
const connections = createRoute({
  getParentRoute: () => desk,
  path: '/connections',
  beforeLoad: need('channels.read'),
  validateSearch: (search: Record<string, unknown>): { tab?: 'keys' | undefined } => ({ tab: search.tab === 'keys' ? 'keys' : undefined }),
  component: lazyRouteComponent(withBooks(() => import('@/features/connections/connections-page'), 'admin'), 'ConnectionsPage'),
})
const account = createRoute({
  getParentRoute: () => desk,
  path: '/account',
  component: lazyRouteComponent(withBooks(() => import('@/features/session/account-page'), 'session'), 'AccountPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([login, setup, reset, desk.addChildren([home, inbox, leads, lead, imports, oneImport, pipeline, tasks, people, person, replies, routing, pipelines, businessHours, vendors, portal, users, connections, account])]),
  defaultPreload: 'intent',
  defaultPendingMs: 400,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
