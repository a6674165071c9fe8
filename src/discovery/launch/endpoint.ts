import { boundedText } from '../redaction/bounded-text.ts'
import { looksSecret } from '../redaction/known-tokens.ts'

/** Where an MCP server is reached. */
export interface Endpoint {
  /** Undefined where the name of the host could be a secret. */
  readonly origin: string | undefined
  readonly cleartext: boolean
}

/**
 * As `URL` writes them: of an address of IPv4 within one of IPv6 in hexadecimal digits. Who connects to no address at all, as
 * servers print it that listen on each, comes to this machine.
 */
const LOOPBACK =
  /^(?:(?:.*\.)?localhost\.?|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/

/** A path or query may hold a token, so only the origin is told. */
export function readEndpoint(text: string): Endpoint | undefined {
  const url = URL.parse(text)
  if (url === null || url.host === '') return undefined
  // Parsed it is in small letters.
  const written = /^[^/]*\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(text)?.[1] ?? ''
  const origin = looksSecret(written) ? undefined : boundedText(`${url.protocol}//${url.host}`, 300)
  const cleartext = (url.protocol === 'http:' || url.protocol === 'ws:') && !LOOPBACK.test(url.hostname)
  return { origin, cleartext }
}

/** Programs that are an MCP server here and speak to one elsewhere, by how they are told its address. */
const BRIDGES: readonly {
  /** Its command, its package with or without a version, or a file of that package. */
  readonly program: RegExp
  readonly addressIn: (args: readonly string[]) => string | undefined
}[] = [
  // mcp-remote 0.15: its first argument.
  {
    program: /(?:^|[/\\])mcp-remote(?:-client)?(?:@[^/\\]*)?(?:[/\\]dist[/\\](?:proxy|client)\.js)?$/,
    addressIn: (args) => args.find(isAddress),
  },
  // supergateway 4.0: a flag; with `--stdio` it speaks to no other machine.
  {
    program: /(?:^|[/\\])supergateway(?:@[^/\\]*)?(?:[/\\]dist[/\\]index\.js)?$/,
    addressIn: (args) => flagValues(args, /^--(?:sse|streamableHttp)(?:=|$)/).find(isAddress),
  },
  // mcp-proxy 0.12 of PyPI: its first argument that is no flag is an address, or a command that it runs here.
  { program: /(?:^|[/\\])mcp-proxy(?:(?:@|==)[^/\\]*)?$/, addressIn: (args) => firstArgument(args) },
]

/** The address that a bridge is given, however the bridge is started. */
export function bridgedAddress(words: readonly string[]): string | undefined {
  for (const { program, addressIn } of BRIDGES) {
    const at = words.findIndex((word) => program.test(word))
    if (at !== -1) return addressIn(words.slice(at + 1))
  }
  return undefined
}

function flagValues(args: readonly string[], flag: RegExp): string[] {
  return args.flatMap((arg, at) => {
    if (!flag.test(arg)) return []
    const equals = arg.indexOf('=')
    return [equals === -1 ? (args[at + 1] ?? '') : arg.slice(equals + 1)]
  })
}

function isAddress(word: string): boolean {
  return /^(?:https?|wss?):\/\//i.test(word)
}

const PLAIN_OF_PROXY =
  /^--(?:debug|no-debug|stateless|no-stateless|pass-environment|no-pass-environment|no-verify-ssl)$/

function firstArgument(args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (!arg.startsWith('-')) return isAddress(arg) ? arg : undefined
    // A header is two words.
    if (!arg.includes('=') && !PLAIN_OF_PROXY.test(arg)) at += /^(?:-H|--headers)$/.test(arg) ? 2 : 1
  }
  return undefined
}
