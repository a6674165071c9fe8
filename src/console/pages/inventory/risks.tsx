import type { CountedRisk } from '../../../protocol/nouns/agents/counted-things.ts'
import type { Risk } from '../../../protocol/risks.ts'
import { RISK_WORDS } from '../../../protocol/risks.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { Said } from '../../parts/said.tsx'
import { count } from './counted.tsx'

/** The list that shows most of a risk. */
const LISTS: Readonly<Record<Risk, string>> = {
  'secret-in-file': '/mcp-servers',
  'configuration-writable': '/mcp-servers',
  'program-writable': '/mcp-servers',
  'no-tls': '/mcp-servers',
  'started-by-shell': '/mcp-servers',
  'not-pinned': '/mcp-servers',
  'hook-runs-download': '/agent-files',
  'text-runs-download': '/agent-files',
  'invisible-text': '/agent-files',
  'file-writable': '/agent-files',
  'open-to-network': '/model-runtimes',
  autonomous: '/agents',
  discontinued: '/agents',
  'reads-every-site': '/extensions',
  'drives-browser': '/extensions',
  'not-from-store': '/extensions',
}
/** What has the risk. */
const IN: Readonly<Record<string, string>> = {
  '/mcp-servers': 'MCP servers',
  '/agent-files': 'agent files',
  '/model-runtimes': 'model runtimes',
  '/agents': 'agents',
  '/extensions': 'extensions',
}
/** These lists have the filter. The others list what has the risk beside its counts. */
const FILTERED = ['/agent-files', '/model-runtimes']

const RISKS: ListSpec<CountedRisk> = {
  title: 'Risks',
  one: 'risk',
  many: 'risks',
  path: '/risks',
  keyOf: ({ risk }) => risk,
  hrefOf: ({ risk }) => (FILTERED.includes(LISTS[risk]) ? `${LISTS[risk]}?risk=${risk}` : LISTS[risk]),
  columns: [
    { heading: 'Risk', cell: ({ risk }) => RISK_WORDS[risk], value: ({ risk }) => risk },
    { heading: 'In', cell: ({ risk }) => IN[LISTS[risk]], value: ({ risk }) => IN[LISTS[risk]] },
    count('Found', ({ sightings }) => sightings),
    count('Devices', ({ devices }) => devices),
    {
      heading: 'Most on',
      cell: ({ worst }) => (
        <a className="quiet-link" href={`/devices/${worst.device}`}>
          <Said>{worst.hostname ?? worst.device}</Said>
        </a>
      ),
      value: ({ worst }) => worst.hostname ?? worst.device,
    },
    { heading: 'Owner', cell: ({ worst }) => <Said>{worst.owner}</Said>, value: ({ worst }) => worst.owner },
  ],
  filters: [],
  empty: <p className="muted">Nothing that was seen has a risk.</p>,
}

export function Risks() {
  return <ListPage spec={RISKS} />
}
