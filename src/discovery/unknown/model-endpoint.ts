import type { ProcessSockets } from '../../system/processes/process-details.ts'
import type { Given } from './given-variables.ts'
import type { Reason } from './signals.ts'

/** Ports of databases, queues and desktop proxies, which are never model endpoints. */
export const OTHER_SERVICES = new Set([22, 25, 53, 631, 1433, 3128, 3306, 5432, 5672, 6379, 9229, 9222, 27017])

const MAKER =
  'AI|ANTHROPIC|OPENAI|GEMINI|GENAI|GENERATIVE_AI|MISTRAL|GROQ|OPENROUTER|DEEPSEEK|XAI|COHERE|QWEN|DASHSCOPE|MOONSHOT|TOGETHER|FIREWORKS|CEREBRAS|BEDROCK|VERTEX|OLLAMA|LITELLM|LLM|MODEL|PROVIDER'
/** Examples: `OPENAI_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`, `COPILOT_PROVIDER_BASE_URL`, `OLLAMA_HOST`. */
const BASE_URL = new RegExp(`^([A-Z0-9]+_)*(${MAKER})_(BASE_?URL|API_BASE|API_URL|ENDPOINT|HOST)$`)
const API_KEY = new RegExp(`^([A-Z0-9]+_)*(${MAKER})_(API_KEY|AUTH_TOKEN|OAUTH_TOKEN|API_TOKEN)$`)

export interface ModelSeen {
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
