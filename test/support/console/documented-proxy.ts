import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { FakeClock } from '../fake-clock.ts'
import { freePort } from '../processes/free-port.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { waitFor } from '../wait-for.ts'

/** The proxies of `docs/admin/console.md`, with their files as they are there: only ports and paths differ. */

const DOCUMENT = resolve(import.meta.dirname, '../../../docs/admin/console.md')
export const PROXIED_NAME = 'console.example.org'
export const PROGRAMS = { nginx: '/usr/sbin/nginx', caddy: '/usr/bin/caddy' } as const
export type ProxyName = keyof typeof PROGRAMS

export interface DocumentedProxy extends AsyncDisposable {
  readonly port: number
  readonly httpPort: number
  /** PEM. */
  readonly ca: string
  /** What Chromium takes without a word: SHA-256 of the key of a certificate of the chain. */
  readonly key: string
}

interface Ports {
  readonly http: number
  readonly https: number
  /** Where the console listens. */
  readonly console: number
}

/** @param https the port that is in `console.url`. */
export async function startProxy(
  name: ProxyName,
  { https, console }: Pick<Ports, 'https' | 'console'>,
): Promise<DocumentedProxy> {
  await using opened = new AsyncDisposableStack()
  const { path } = opened.use(temporaryFolder())
  const ports = { http: await freePort(), https, console }
  const { program, ca, pinned } = name === 'nginx' ? await nginxIn(path, ports) : caddyIn(path, ports)
  opened.defer(() => end(program))
  let said = ''
  program.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await waitFor(`${name} to listen`, () => program.exitCode !== null || accepts(https), { show: () => said })
  if (program.exitCode !== null) throw new Error(`${name} ended: ${said}`)
  const key = new X509Certificate(await pinned()).publicKey.export({ type: 'spki', format: 'der' })
  const owned = opened.move()
  return {
    port: https,
    httpPort: ports.http,
    ca: await ca(),
    key: createHash('sha256').update(key).digest('base64'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function nginxIn(folder: string, { http, https, console }: Ports) {
  const authority = await openAuthority(
    { clock: new FakeClock(Date.now()), log: silentLog, random: (size) => new Uint8Array(size).fill(7) },
    { dataFolder: join(folder, 'authority'), names: [PROXIED_NAME], mayFound: true },
  )
  const { cert, key } = authority.tls()
  const files = { cert: join(folder, 'console.pem'), key: join(folder, 'console.key') }
  writeFileSync(files.cert, cert)
  writeFileSync(files.key, key, { mode: 0o600 })
  const site = changed(documented('nginx'), [
    [/listen 80;/g, `listen 127.0.0.1:${http};`],
    [/listen 443 /g, `listen 127.0.0.1:${https} `],
    [/\/etc\/ssl\/console\.pem/g, files.cert],
    [/\/etc\/ssl\/console\.key/g, files.key],
    [/127\.0\.0\.1:7445/g, `127.0.0.1:${console}`],
  ])
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${folder}/${one};`,
  )
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; pid ${folder}/pid; events {} http { access_log off; ${temporary.join(' ')}\n${site}\n}\n`,
  )
  const program = spawn(PROGRAMS.nginx, ['-e', 'stderr', '-p', folder, '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return { program, ca: async () => authority.caCertificate, pinned: async () => cert }
}

/** With certificates of its own authority, since no other machine vouches for the name. */
function caddyIn(folder: string, { http, https, console }: Ports) {
  const site = changed(documented('caddy'), [[/127\.0\.0\.1:7445/g, `127.0.0.1:${console}`]])
  const file = join(folder, 'Caddyfile')
  const options = [
    ...['admin off', 'local_certs', 'skip_install_trust', 'default_bind 127.0.0.1'],
    ...[`http_port ${http}`, `https_port ${https}`, `storage file_system ${folder}/storage`],
  ]
  writeFileSync(file, `{\n${options.join('\n')}\n}\n${site}`)
  mkdirSync(join(folder, 'storage'))
  const program = spawn(PROGRAMS.caddy, ['run', '--adapter', 'caddyfile', '--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder },
  })
  const certificate = (name: string) => async () => {
    const path = join(folder, 'storage/pki/authorities/local', name)
    let text = ''
    await waitFor(`caddy to make ${name}`, () => {
      try {
        text = readFileSync(path, 'utf8')
      } catch {
        return false
      }
      return text.endsWith('-----END CERTIFICATE-----\n')
    })
    return text
  }
  return { program, ca: certificate('root.crt'), pinned: certificate('intermediate.crt') }
}

/** The one block of the document in this language. */
function documented(language: string): string {
  const blocks = readFileSync(DOCUMENT, 'utf8').split(`\n\`\`\`${language}\n`).slice(1)
  const [block = ''] = blocks
  if (blocks.length !== 1) throw new Error(`the document has ${blocks.length} blocks of ${language}`)
  return block.slice(0, block.indexOf('\n```'))
}

/** @throws for a pattern that is not there. */
function changed(text: string, changes: readonly (readonly [RegExp, string])[]): string {
  return changes.reduce((now, [from, to]) => {
    const next = now.replace(from, to)
    if (next === now) throw new Error(`the document has no ${from}`)
    return next
  }, text)
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return
  program.kill('SIGTERM')
  await once(program, 'exit')
}

/** Connections to this port go on to another one, and come from another address of this machine. */
export async function comingFrom(localAddress: string, port: number) {
  const server = createServer((client) => {
    const onward = connect({ host: '127.0.0.1', port, localAddress })
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
