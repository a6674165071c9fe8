import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { FakeClock } from '../fake-clock.ts'
import { freePort } from '../processes/free-port.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { waitFor } from '../wait-for.ts'

/** Pebble, the ACME server of Let's Encrypt for tests. All names lead to this machine. */

const PROGRAM = '/usr/bin/pebble'
const NAMES = '/usr/bin/pebble-challtestsrv'

/** `test`, or one that is skipped, aloud, without pebble. */
export function withPebble(what: string): typeof test | typeof test.skip {
  if (existsSync(PROGRAM)) return test
  process.stderr.write(`skipped: ${what}: ${PROGRAM} is missing (apt-get install pebble)\n`)
  return test.skip
}

export interface Pebble extends AsyncDisposable {
  readonly url: string
  /** PEM file: who vouches for the server. Those of its certificates are others. */
  readonly caFile: string
  /** Where it looks for proofs. */
  readonly httpPort: number
  /** Its name for the authority of the certificates. */
  readonly host: string
}

/** It refuses this name. */
export const REFUSED_NAME = 'refused.example.org'

/** @param validForS of its certificates. */
export async function startPebble({ validForS }: { readonly validForS: number }): Promise<Pebble> {
  await using opened = new AsyncDisposableStack()
  const { path } = opened.use(temporaryFolder())
  const authority = await openAuthority(
    { clock: new FakeClock(Date.now()), log: silentLog, random: (size) => new Uint8Array(size).fill(7) },
    { dataFolder: join(path, 'authority'), names: ['localhost'], mayFound: true },
  )
  const file = (name: string, text: string) => {
    writeFileSync(join(path, name), text)
    return join(path, name)
  }
  const [port, management, dns, httpPort] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const { cert, key } = authority.tls()
  const config = file(
    'pebble.json',
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: file('cert.pem', cert),
        privateKey: file('key.pem', key),
        httpPort,
        tlsPort: 1,
        ocspResponderURL: '',
        externalAccountBindingRequired: false,
        domainBlocklist: [REFUSED_NAME],
        certificateValidityPeriod: validForS,
      },
    }),
  )
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '']
  const names = spawn(
    NAMES,
    [...off, '-dns01', `127.0.0.1:${dns}`, '-management', `127.0.0.1:${await freePort()}`, '-defaultIPv6', ''],
    { stdio: 'ignore' },
  )
  opened.defer(() => end(names))
  const server = spawn(PROGRAM, ['-config', config, '-dnsserver', `127.0.0.1:${dns}`], {
    env: { PATH: process.env.PATH, PEBBLE_VA_NOSLEEP: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  opened.defer(() => end(server))
  let said = ''
  for (const stream of [server.stdout, server.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  await waitFor('pebble to listen', () => said.includes('Listening on'), { show: () => said })
  const owned = opened.move()
  return {
    url: `https://localhost:${port}/dir`,
    host: `localhost:${port}`,
    caFile: file('ca.pem', authority.caCertificate),
    httpPort,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return
  program.kill('SIGTERM')
  await once(program, 'exit')
}
