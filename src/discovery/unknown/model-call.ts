import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

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
