import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { utf8 } from '../../../src/base/bytes.ts'
import { type ConsoleSettings, consoleAddress } from '../../../src/directory/console/console-address.ts'
import { type ConsoleComponents, startConsole } from '../../../src/directory/console/start-console.ts'
import type { ConsoleFile, ConsoleFiles } from '../../../src/directory/http/files.ts'
import { signInRoutes } from '../../../src/directory/sign-in/routes.ts'
import type { Answer, TestDirectory } from './directory-api.ts'

/** The console's listener on a directory of a test, with pages that a test can tell apart. */

export const TEST_FILES: ConsoleFiles = {
  find: (path) => FILES.get(path),
}

const FILES = new Map<string, ConsoleFile>([
  ['/index.html', page('<title>Surety</title>', 'text/html; charset=utf-8')],
  ['/app.js', { ...page('start()', 'text/javascript'), encoded: { br: utf8('brotli'), gzip: utf8('gzip') } }],
])

function page(text: string, type: string) {
  return { body: utf8(text), headers: { 'content-type': type, etag: `"${text.length}"` } }
}

export async function startTestConsole(
  { surface, clock, lines, services }: Pick<TestDirectory, 'surface' | 'clock' | 'lines' | 'services'>,
  components: Partial<ConsoleComponents> = {},
  settings: Partial<ConsoleSettings> = {},
) {
  const write =
    (level: string) =>
    (message: string, fields = {}) =>
      void lines.push({ level, message, fields })
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const address = consoleAddress({ host: '127.0.0.1', port: 0, name: 'localhost', ...settings })
  const server = await startConsole(
    {
      clock,
      log,
      api: surface,
      files: TEST_FILES,
      tlog: [],
      sessionOf: services.signIn.sessions.sessionOf,
      signIn: signInRoutes({ ...services.signIn, organisation: services.organisation, clock, log }),
      listening: services.signIn.setOrigin,
      ...components,
    },
    address,
  )
  return {
    ...server,
    ask: (method: string, path: string, options: ConsoleAsk = {}) => askConsole(server.port, method, path, options),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export type TestConsole = Awaited<ReturnType<typeof startTestConsole>>

export interface ConsoleAsk {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  /** PEM. Absent: plain HTTP. */
  readonly ca?: string
}

/** A request as a program sends it: no header of a browser but those given. */
export function askConsole(
  port: number,
  method: string,
  path: string,
  { headers, body, ca }: ConsoleAsk,
): Promise<Answer> {
  const sent = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false as const,
      headers: { ...(sent === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    }
    const asked = (
      ca === undefined ? requestHttp(options) : requestHttps({ ...options, ca, servername: 'localhost' })
    ).on('response', async (response) => {
      const bytes = Buffer.concat(await response.toArray())
      const text = bytes.toString()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parsed(text) })
    })
    asked.on('error', reject)
    asked.end(sent)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
