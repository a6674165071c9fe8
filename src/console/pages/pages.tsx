import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import type { Action } from '../../protocol/noun/permissions.ts'
import type { IconName } from '../parts/icon.tsx'

/** Every page: its address, where the side lists it, and its code, which loads when it is first opened. */

export interface Page {
  /** As wouter matches it. */
  readonly path: string
  readonly title: string
  /** Its heading in the side. Absent: the side does not list it. */
  readonly section?: Section
  readonly icon: IconName
  /** What a role must be allowed, or else it neither sees nor opens the page. Absent: everyone may. */
  readonly action?: Action
  readonly code: LazyExoticComponent<ComponentType>
  /** It scrolls inside the window, as lists do. */
  readonly fillsWindow?: true
}

export const SECTIONS = ['', 'Agents', 'Fleet', 'Control', 'Inventory', 'Record', 'Directory'] as const
export type Section = (typeof SECTIONS)[number]

const overview = lazy(async () => ({ default: (await import('./overview/overview.tsx')).Overview }))
const mine = lazy(async () => ({ default: (await import('./mine/mine.tsx')).Mine }))
const inbox = lazy(async () => ({ default: (await import('./inbox/inbox.tsx')).Inbox }))
const products = lazy(async () => ({ default: (await import('./agents/products.tsx')).Products }))
const product = lazy(async () => ({ default: (await import('./agents/product.tsx')).Product }))
const seenAgent = lazy(async () => ({ default: (await import('./agents/seen-agent.tsx')).SeenAgent }))
const register = lazy(async () => ({ default: (await import('./register/register.tsx')).Register }))
const registration = lazy(async () => ({ default: (await import('./register/registration.tsx')).Registration }))
const reviews = lazy(async () => ({ default: (await import('./reviews/reviews.tsx')).Reviews }))
const review = lazy(async () => ({ default: (await import('./reviews/review.tsx')).Review }))
const devices = lazy(async () => ({ default: (await import('./devices/devices.tsx')).Devices }))
const device = lazy(async () => ({ default: (await import('./devices/device.tsx')).Device }))
const people = lazy(async () => ({ default: (await import('./people/people.tsx')).People }))
const person = lazy(async () => ({ default: (await import('./people/person.tsx')).Person }))
const stops = lazy(async () => ({ default: (await import('./stops/stops.tsx')).Stops }))
const stop = lazy(async () => ({ default: (await import('./stops/stop.tsx')).Stop }))
const approvals = lazy(async () => ({ default: (await import('./approvals/approvals.tsx')).Approvals }))
const approval = lazy(async () => ({ default: (await import('./approvals/approval.tsx')).Approval }))
const policy = lazy(async () => ({ default: (await import('./policy/policy.tsx')).Policy }))
const access = lazy(async () => ({ default: (await import('./policy/access.tsx')).Access }))
const gatePolicy = lazy(async () => ({ default: (await import('./policy/access.tsx')).GatePolicy }))
const rules = lazy(async () => ({ default: (await import('./policy/rules.tsx')).Rules }))
const mcpServers = lazy(async () => ({ default: (await import('./inventory/mcp-servers.tsx')).McpServers }))
const mcpServer = lazy(async () => ({ default: (await import('./inventory/mcp-servers.tsx')).McpServer }))
const extensions = lazy(async () => ({ default: (await import('./inventory/extensions.tsx')).Extensions }))
const extension = lazy(async () => ({ default: (await import('./inventory/extensions.tsx')).Extension }))
const runtimes = lazy(async () => ({ default: (await import('./inventory/runtimes-and-files.tsx')).ModelRuntimes }))
const files = lazy(async () => ({ default: (await import('./inventory/runtimes-and-files.tsx')).AgentFiles }))
const risks = lazy(async () => ({ default: (await import('./inventory/risks.tsx')).Risks }))
const entries = lazy(async () => ({ default: (await import('./record/entries.tsx')).Entries }))
const entry = lazy(async () => ({ default: (await import('./record/entry.tsx')).Entry }))
const log = lazy(async () => ({ default: (await import('./record/log.tsx')).Log }))
const events = lazy(async () => ({ default: (await import('./events/events.tsx')).Events }))
const settings = lazy(async () => ({ default: (await import('./settings/settings.tsx')).Settings }))
const nounPage = lazy(async () => ({ default: (await import('./nouns/noun-page.tsx')).NounPage }))
const nounItem = lazy(async () => ({ default: (await import('./nouns/noun-item.tsx')).NounItem }))

/** A noun without a page of its own: its list. `NOUN_ITEM` is one of its items. */
function noun(init: Omit<Page, 'code' | 'fillsWindow'>): Page {
  return { ...init, code: nounPage, fillsWindow: true }
}

/** A list that everyone sees who may look at the fleet. */
function list(init: Omit<Page, 'action' | 'fillsWindow'>): Page {
  return { ...init, action: 'view', fillsWindow: true }
}

export const PAGES: readonly Page[] = [
  { path: '/', title: 'Overview', section: '', icon: 'home', action: 'view', code: overview },
  { path: '/mine', title: 'Mine', section: '', icon: 'person', action: 'see-mine', code: mine },
  list({ path: '/inbox', title: 'Inbox', section: 'Agents', icon: 'inbox', code: inbox }),
  { path: '/inbox/:id', title: 'Agent', icon: 'inbox', action: 'view', code: seenAgent },
  list({ path: '/agents', title: 'Products', section: 'Agents', icon: 'products', code: products }),
  list({ path: '/agents/:key', title: 'Product', icon: 'products', code: product }),
  list({ path: '/registrations', title: 'Register', section: 'Agents', icon: 'register', code: register }),
  { path: '/registrations/:id', title: 'Registration', icon: 'register', action: 'view', code: registration },
  noun({ path: '/claims', title: 'Claims', section: 'Agents', icon: 'asks', action: 'view' }),
  list({ path: '/reviews', title: 'Reviews', section: 'Agents', icon: 'review', code: reviews }),
  { path: '/reviews/:id', title: 'Review', icon: 'review', action: 'view', code: review },
  noun({ path: '/zombies', title: 'Zombies', section: 'Agents', icon: 'zombie', action: 'view' }),
  noun({ path: '/actions', title: 'Actions', section: 'Agents', icon: 'list', action: 'audit' }),
  {
    path: '/devices',
    title: 'Devices',
    section: 'Fleet',
    icon: 'laptop',
    action: 'view',
    code: devices,
    fillsWindow: true,
  },
  { path: '/devices/:id', title: 'Device', icon: 'laptop', action: 'view', code: device },
  noun({ path: '/pending-devices', title: 'Pending devices', section: 'Fleet', icon: 'clock', action: 'audit' }),
  list({ path: '/people', title: 'People', section: 'Fleet', icon: 'people', code: people }),
  { path: '/people/:id', title: 'Person', icon: 'person', action: 'view', code: person },
  noun({ path: '/groups', title: 'Groups', section: 'Fleet', icon: 'people', action: 'view' }),
  noun({
    path: '/service-accounts',
    title: 'Service accounts',
    section: 'Fleet',
    icon: 'token',
    action: 'view',
  }),
  {
    path: '/stops',
    title: 'Stops',
    section: 'Control',
    icon: 'frozen',
    action: 'audit',
    code: stops,
    fillsWindow: true,
  },
  { path: '/stops/:id', title: 'Stop', icon: 'frozen', action: 'audit', code: stop },
  {
    path: '/approvals',
    title: 'Approvals',
    section: 'Control',
    icon: 'review',
    action: 'see-approvals',
    code: approvals,
    fillsWindow: true,
  },
  { path: '/approvals/:id', title: 'Approval', icon: 'review', action: 'see-approvals', code: approval },
  { path: '/policy', title: 'Policy', section: 'Control', icon: 'policy', action: 'view', code: policy },
  { path: '/rules', title: 'Rules', section: 'Control', icon: 'rules', action: 'view', code: rules },
  { path: '/access', title: 'Access', section: 'Control', icon: 'proven', action: 'view', code: access },
  { path: '/gate-policy', title: 'Gate policy', section: 'Control', icon: 'policy', action: 'view', code: gatePolicy },
  list({ path: '/mcp-servers', title: 'MCP servers', section: 'Inventory', icon: 'server', code: mcpServers }),
  list({ path: '/mcp-servers/:name', title: 'MCP server', icon: 'server', code: mcpServer }),
  list({ path: '/extensions', title: 'Extensions', section: 'Inventory', icon: 'extension', code: extensions }),
  list({ path: '/extensions/:key', title: 'Extension', icon: 'extension', code: extension }),
  list({ path: '/model-runtimes', title: 'Model runtimes', section: 'Inventory', icon: 'runtime', code: runtimes }),
  list({ path: '/agent-files', title: 'Agent files', section: 'Inventory', icon: 'file', code: files }),
  list({ path: '/risks', title: 'Risks', section: 'Inventory', icon: 'warning', code: risks }),
  {
    path: '/entries',
    title: 'Entries',
    section: 'Record',
    icon: 'proven',
    action: 'audit',
    code: entries,
    fillsWindow: true,
  },
  { path: '/entries/:id', title: 'Entry', icon: 'proven', action: 'audit', code: entry },
  { path: '/log', title: 'Log and witnesses', section: 'Record', icon: 'list', action: 'audit', code: log },
  {
    path: '/events',
    title: 'Events',
    section: 'Record',
    icon: 'list',
    action: 'audit',
    code: events,
    fillsWindow: true,
  },
  noun({ path: '/tokens', title: 'Enrolment tokens', section: 'Directory', icon: 'token', action: 'audit' }),
  noun({ path: '/webhooks', title: 'Webhooks', section: 'Directory', icon: 'webhook', action: 'configure' }),
  noun({ path: '/messages', title: 'Messages', section: 'Directory', icon: 'asks', action: 'configure' }),
  noun({ path: '/preregistrations', title: 'Preregistrations', section: 'Directory', icon: 'list', action: 'audit' }),
  noun({ path: '/re-enrolments', title: 'Re-enrolments', section: 'Directory', icon: 'laptop', action: 'audit' }),
  noun({
    path: '/administrators',
    title: 'Administrators',
    section: 'Directory',
    icon: 'person',
    action: 'view-principals',
  }),
  noun({ path: '/services', title: 'Services', section: 'Directory', icon: 'server', action: 'view-principals' }),
  noun({ path: '/sessions', title: 'Sessions', section: 'Directory', icon: 'clock', action: 'view-principals' }),
  noun({ path: '/passkeys', title: 'Passkeys', section: 'Directory', icon: 'token', action: 'view-principals' }),
  { path: '/settings', title: 'Settings', section: 'Directory', icon: 'settings', code: settings },
]

/** One item of a noun without a page of its own. It comes after all other pages. */
export const NOUN_ITEM: Page = { path: '/:noun/:id', title: '', icon: 'list', code: nounItem }
