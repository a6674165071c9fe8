import type { ProcessSockets, SocketAddress } from '../../system/processes/process-details.ts'
import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import type { FamilyTree } from './family-tree.ts'
import type { Given } from './markers.ts'
import type { Reason } from './signals.ts'

/** Ports of databases, queues and desktop proxies, which are never model endpoints. */
const OTHER_SERVICES = new Set([22, 25, 53, 631, 1433, 3128, 3306, 5432, 5672, 6379, 9229, 9222, 27017])

const MAKER =
  'AI|ANTHROPIC|OPENAI|GEMINI|GENAI|GENERATIVE_AI|MISTRAL|GROQ|OPENROUTER|DEEPSEEK|XAI|COHERE|QWEN|DASHSCOPE|MOONSHOT|TOGETHER|FIREWORKS|CEREBRAS|BEDROCK|VERTEX|OLLAMA|LITELLM|LLM|MODEL|PROVIDER'
/** Examples: `OPENAI_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`, `COPILOT_PROVIDER_BASE_URL`, `OLLAMA_HOST`. */
const BASE_URL = new RegExp(`^([A-Z0-9]+_)*(${MAKER})_(BASE_?URL|API_BASE|API_URL|ENDPOINT|HOST)$`)
const API_KEY = new RegExp(`^([A-Z0-9]+_)*(${MAKER})_(API_KEY|AUTH_TOKEN|OAUTH_TOKEN|API_TOKEN)$`)

interface ModelSeen {
  /** Variables of the program itself. */
  readonly names: readonly string[]
  /** Where each variable comes from: a key that is exported for every program says little about one. */
  readonly given: (name: string) => Given
  readonly connected: ProcessSockets['connected']
  /** Names of model runtimes by their loopback port. */
  readonly modelPorts: ReadonlyMap<number, string>
}

const LOOPBACK = 30
const OWN_BASE_URL = 20
const OWN_KEY_CONNECTED = 20
const OWN_KEY = 10
const INHERITED = 5

/**
 * Reason to believe that the program calls a model. Host names are not visible without reading traffic, and addresses
 * are shared. So only ports of local model runtimes and names of variables count.
 */
export function modelReason({ names, given, connected, modelPorts }: ModelSeen): Reason | undefined {
  const local = connected.filter(({ loopback }) => loopback).map(({ port }) => port)
  for (const port of local) {
    const name = modelPorts.get(port)
    if (name !== undefined) return reason(LOOPBACK, `connected to port ${port} of this machine, that of ${name}`)
  }
  const baseUrl = names.find((name) => BASE_URL.test(name))
  const localPort = local.find((port) => !OTHER_SERVICES.has(port))
  // A variable that all programs share is also in editors and proxies, which are connected to anything.
  if (baseUrl !== undefined && localPort !== undefined && given(baseUrl) !== 'shared') {
    return reason(LOOPBACK, `connected to port ${localPort} of this machine, with ${baseUrl} set`)
  }
  if (baseUrl !== undefined && given(baseUrl) === 'own') return reason(OWN_BASE_URL, `given ${baseUrl}`)
  const key = names.find((name) => API_KEY.test(name))
  if (key !== undefined && given(key) === 'own') {
    const outside = connected.some(({ loopback, port }) => !loopback && port === 443)
    return outside
      ? reason(OWN_KEY_CONNECTED, `given ${key}, with connections to port 443`)
      : reason(OWN_KEY, `given ${key}`)
  }
  const inherited = baseUrl ?? key
  if (inherited === undefined) return undefined
  const origin = given(inherited) === 'unclear' ? 'maybe by its shell for everything' : 'as for who started it'
  return reason(INHERITED, `${inherited} is set, ${origin}`)
}

function reason(weight: number, detail: string): Reason {
  return { name: 'model-endpoint', weight, detail }
}

/** A remote address, with the start of the latest tool when it was first and last seen connected. */
export interface SeenPeer {
  readonly words: string
  readonly first: number
  readonly last: number
}

const MAX_PEERS = 8
const WEIGHT = 15
/** First uid of human users; see login.defs(5). */
const FIRST_PERSON_UID = 1000
const HTTPS = 443

/** Adds the current connections to the known peers. @param lastTool start of the latest tool. */
export function withPeers(
  seen: ReadonlyMap<string, SeenPeer>,
  connected: readonly SocketAddress[],
  lastTool: number,
): ReadonlyMap<string, SeenPeer> {
  const peers = new Map(seen)
  for (const peer of connected) {
    if (OTHER_SERVICES.has(peer.port)) continue
    // Large services have many addresses.
    const key = !peer.loopback && peer.port === HTTPS ? String(HTTPS) : `${peer.address} ${peer.port}`
    const words = `port ${peer.port} of ${peer.loopback ? 'this' : 'another'} machine`
    const before = peers.get(key)
    if (before !== undefined || peers.size < MAX_PEERS) {
      peers.set(key, { words, first: before?.first ?? lastTool, last: lastTool })
    }
  }
  return peers
}

/** The program is connected to the same peer between consecutive tools, as an agent that calls its model. */
export function askedBetweenReason(peers: ReadonlyMap<string, SeenPeer>): Reason | undefined {
  for (const { words, first, last } of peers.values()) {
    if (first < last) {
      return { name: 'asks-between', weight: WEIGHT, detail: `speaks to ${words} before one tool and before the next` }
    }
  }
  return undefined
}

/** System services, such as cloud and management agents, run commands that they receive from a server. */
export function isSystemService(tree: FamilyTree, origin: ProcessRecord): boolean {
  const { userId, ttyNumber, parentPid } = origin
  return Number(userId) < FIRST_PERSON_UID && ttyNumber === 0 && parentPid === 1 && tree.parentOf(origin)?.pid === 1
}

/** Hosts of model providers. Only these names are reported; other hosts are not named. */
const HOSTS = new Set([
  ...['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com', 'aiplatform.googleapis.com'],
  ...['api.mistral.ai', 'api.groq.com', 'openrouter.ai', 'api.deepseek.com', 'api.x.ai', 'api.cohere.com'],
  ...['api.together.xyz', 'api.fireworks.ai', 'api.cerebras.ai', 'api.moonshot.ai', 'dashscope-intl.aliyuncs.com'],
])
/** Paths of model APIs, on any host. */
const ASKED =
  /\/(v\d(beta)?\/)?(chat\/completions|completions|messages|responses|api\/(generate|chat))([?#]|$)|:(stream)?generateContent\b/i
const FETCHERS = new Set(['curl', 'wget', 'http', 'https', 'xh', 'curlie'])
/** Programs whose only purpose is to call a model. */
const ASKERS = new Set(['llm', 'aichat', 'mods', 'sgpt'])
/** All programs that can be recognised as model callers. */
export const MODEL_CALLERS: readonly string[] = [...FETCHERS, ...ASKERS, 'ollama']
const MAX_ARGUMENTS = 64
const MAX_ADDRESS = 2_048

/** Recognises a single call of a model by its command line. Returns the host, never the text. */
export function modelCallOf({ executable = '', argv }: ProcessRecord): { readonly where: string } | undefined {
  const name = baseName(executable)
  if (ASKERS.has(name)) return { where: name }
  if (name === 'ollama') return argv[1] === 'run' ? { where: name } : undefined
  if (!FETCHERS.has(name)) return undefined
  for (const argument of argv.slice(1, MAX_ARGUMENTS)) {
    const host = askedHost(argument)
    if (host !== undefined) return { where: HOSTS.has(host) ? host : 'an address of its own' }
  }
  return undefined
}

function askedHost(argument: string): string | undefined {
  if (argument.length > MAX_ADDRESS || argument.startsWith('-') || !argument.includes('/')) return undefined
  const url = URL.parse(/^[a-z]+:\/\//i.test(argument) ? argument : `http://${argument}`)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  return HOSTS.has(url.hostname) || ASKED.test(url.pathname) ? url.hostname : undefined
}
