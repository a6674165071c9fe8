import { member } from '../../../base/json-object.ts'
import type {
  AgentFileSighting,
  AgentSighting,
  ExtensionSighting,
  McpServerSighting,
  ModelRuntimeSighting,
  Sighting,
  User,
} from '../../../protocol/sighting.ts'
import type { Draw } from './draw.ts'
import { EXTENSIONS, MODELS, PRODUCTS, type Product, RUNTIMES, SERVERS, UNKNOWN_AGENTS } from './products.ts'

/** Agents and their surroundings on made-up devices. */

export interface Place {
  readonly draw: Draw
  readonly user: User
  /** The home of the user. */
  readonly home: string
  readonly at: number
}

const WORKSPACES: readonly string[] = ['src/shop', 'src/billing', 'work/website', 'src/data-pipeline', 'notes']
const MINUTE_MS = 60_000

export function agentOn(
  place: Place,
  product: Product,
  changes: { readonly isAutonomous?: boolean; readonly runs?: boolean } = {},
): AgentSighting {
  const { draw, user, home, at } = place
  const runs = changes.runs ?? draw.chance(product.running)
  const isAutonomous = changes.isAutonomous ?? (runs && product.flag !== '' && draw.chance(product.autonomous))
  const workspace = `${home}/${draw.pick(WORKSPACES)}`
  const program = `${home}/${product.program}`
  return {
    kind: 'agent',
    id: draw.hex(32),
    name: product.name,
    catalogueId: product.id,
    vendor: product.vendor,
    version: versionOf(draw, product),
    user,
    evidence: [`executable ${program}`],
    agentKind: product.kind,
    path: program,
    autonomy: isAutonomous
      ? {
          level: 'autonomous',
          because: [{ by: product.flag.startsWith('--') ? 'flag' : 'configuration', name: product.flag }],
        }
      : { level: 'asks', because: [{ by: 'default', name: 'permissions' }] },
    lastUsedAt: at - (runs ? 0 : draw.between(1, 60) * 60 * MINUTE_MS),
    ...(runs ? running(place, { program, workspace }) : { state: 'installed' as const }),
  }
}

/** A program that no catalogue knows. */
export function unknownAgentOn(place: Place, name = place.draw.pick(UNKNOWN_AGENTS)): AgentSighting {
  const { draw, user, home, at } = place
  return {
    kind: 'agent',
    id: draw.hex(32),
    name,
    user,
    evidence: ['calls a model and starts tools'],
    agentKind: 'unknown',
    score: draw.between(6, 11),
    signals: [
      { name: 'model-endpoint', weight: 4, detail: 'api.openai.com:443' },
      { name: 'tool-session', weight: 3, detail: 'setsid, no tty' },
    ],
    autonomy: { level: 'unknown', because: [] },
    lastUsedAt: at,
    ...running(place, { program: `${home}/bin/agent`, workspace: `${home}/bin` }),
  }
}

function running(
  { draw, user }: Place,
  { program, workspace }: { readonly program: string; readonly workspace: string },
) {
  const pid = draw.between(1_200, 380_000)
  const startTicks = draw.between(10_000, 90_000_000)
  const main = { pid, startTicks, parentPid: 1_100, executable: program }
  return {
    state: 'running' as const,
    process: { ...main, bootId: `demo-${draw.hex(8)}` },
    workspace,
    attribution: { how: 'direct' as const, because: 'started in a session of the user', human: user },
    parts: [
      { role: 'agent' as const, ...main, because: 'the agent itself' },
      ...(draw.chance(0.5)
        ? [
            {
              role: 'tool' as const,
              pid: pid + 7,
              startTicks: startTicks + 900,
              parentPid: pid,
              executable: '/usr/bin/bash',
              because: 'child',
            },
          ]
        : []),
    ],
  }
}

/** Most have a recent one. */
function versionOf(draw: Draw, { versions }: Product): string {
  return versions.find(() => draw.chance(0.62)) ?? draw.pick(versions)
}

export function serverOn({ draw, user, home }: Place, client: Product): McpServerSighting {
  const { name, transport, package: from, command, endpoint, environment } = draw.weighted(SERVERS)
  return {
    kind: 'mcp-server',
    id: draw.hex(32),
    name,
    user,
    evidence: ['settings of the agent'],
    client: client.id,
    scope: 'user',
    configuration: `${home}/${client.settings}`,
    enabled: draw.chance(0.93),
    transport,
    ...member('command', command),
    ...member('package', from),
    ...member('endpoint', endpoint),
    environment: [...environment],
    unpinned: from !== undefined && draw.chance(0.55),
    shell: draw.chance(0.03),
    cleartext: endpoint?.startsWith('http:') === true,
    plaintextSecret: environment.length > 0 && draw.chance(0.24),
    writableByOthers: draw.chance(0.02),
    launchHash: draw.hex(32),
  }
}

export function extensionOn({ draw, user, home }: Place): ExtensionSighting {
  const { id, name, vendor, extensionId, host, broad, debugger: drives } = draw.weighted(EXTENSIONS)
  const isBrowser = host === 'chromium'
  return {
    kind: 'extension',
    id: draw.hex(32),
    name,
    catalogueId: id,
    vendor,
    version: `${draw.between(1, 14)}.${draw.between(0, 40)}.${draw.between(0, 9)}`,
    user,
    evidence: ['manifest'],
    host,
    product: isBrowser ? draw.pick(['google-chrome', 'microsoft-edge', 'brave'] as const) : 'vscode',
    profile: 'Default',
    extensionId,
    enabled: draw.chance(0.94),
    installSource: draw.weighted([
      { weight: 90, source: 'store' as const },
      { weight: 6, source: 'policy' as const },
      { weight: 4, source: 'unpacked' as const },
    ]).source,
    permissions: isBrowser ? ['storage', 'tabs', ...(drives ? ['debugger'] : [])] : [],
    hostPermissions: broad ? ['<all_urls>'] : [],
    broadHosts: broad,
    ...(drives ? { debugger: true } : {}),
    ai: true,
    path: isBrowser ? `${home}/.config/${extensionId}` : `${home}/.vscode/extensions/${extensionId}`,
  }
}

export function runtimeOn({ draw, user, home }: Place): ModelRuntimeSighting {
  const { id, name, vendor, port } = draw.weighted(RUNTIMES)
  const runs = draw.chance(0.6)
  return {
    kind: 'model-runtime',
    id: draw.hex(32),
    name,
    catalogueId: id,
    vendor,
    version: `0.${draw.between(10, 13)}.${draw.between(0, 8)}`,
    user,
    evidence: [`executable ${home}/.local/bin/${id}`],
    state: runs ? 'running' : 'installed',
    listens: runs ? [{ port, loopback: draw.chance(0.85) }] : [],
    models: [draw.pick(MODELS)],
  }
}

export function fileOn({ draw, user, home }: Place, client: Product): AgentFileSighting {
  const { fileKind, name, path } = draw.pick([
    { fileKind: 'instructions', name: 'AGENTS.md', path: 'src/shop/AGENTS.md' },
    { fileKind: 'skill', name: 'release-notes', path: '.claude/skills/release-notes/SKILL.md' },
    { fileKind: 'hook', name: 'format-on-save', path: '.claude/hooks/format.sh' },
    { fileKind: 'command', name: 'ship', path: '.claude/commands/ship.md' },
    { fileKind: 'subagent', name: 'reviewer', path: '.claude/agents/reviewer.md' },
  ] as const)
  return {
    kind: 'agent-file',
    id: draw.hex(32),
    name,
    user,
    evidence: ['file'],
    fileKind,
    client: client.id,
    scope: 'user',
    path: `${home}/${path}`,
    owner: user.id,
    sizeBytes: draw.between(200, 14_000),
    sha256: draw.hex(64),
    invisibleUnicode: draw.chance(0.01),
    writableByOthers: draw.chance(0.03),
    ...(draw.chance(0.03) ? { runsDownload: true as const } : {}),
  }
}

/** Everything on one device of a person. @param uses whether the person runs agents. */
export function sightingsOn(place: Place, { uses }: { readonly uses: boolean }): readonly Sighting[] {
  const { draw } = place
  const found: Sighting[] = []
  if (draw.chance(0.45)) found.push(extensionOn(place))
  if (!uses) return found
  const products = new Map<string, Product>()
  for (let left = draw.weighted(AGENTS_OF_ONE).agents; left > 0; left--) {
    const product = draw.weighted(PRODUCTS)
    products.set(product.id, product)
  }
  for (const product of products.values()) {
    found.push(agentOn(place, product))
    const isClient = product.id !== 'aider'
    for (let left = isClient ? draw.weighted(SERVERS_OF_ONE).servers : 0; left > 0; left--)
      found.push(serverOn(place, product))
    if (draw.chance(0.35)) found.push(fileOn(place, product))
  }
  if (draw.chance(0.09)) found.push(runtimeOn(place))
  if (draw.chance(0.012)) found.push(unknownAgentOn(place))
  return found
}

const AGENTS_OF_ONE = [
  { weight: 55, agents: 1 },
  { weight: 30, agents: 2 },
  { weight: 15, agents: 3 },
] as const
const SERVERS_OF_ONE = [
  { weight: 50, servers: 0 },
  { weight: 28, servers: 1 },
  { weight: 15, servers: 2 },
  { weight: 7, servers: 3 },
] as const
