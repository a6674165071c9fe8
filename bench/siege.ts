import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { toBase64Url } from '../src/base/bytes.ts'
import { ZERO_HASH } from '../src/crypto/hash.ts'
import { formatEnrolmentString } from '../src/protocol/messages/enrolment-string.ts'
import { type Benchmark, quantile, rounded, sizeOf } from './benchmark.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { residentBytes } from './process-usage.ts'

const MEASURE_MS = sizeOf(10_000, { small: 1_000 })
/** Until all attackers are connected. */
const WARM_UP_MS = sizeOf(6_000, { small: 1_000 })
const HALF_OPEN = sizeOf(10_000, { small: 100 })
const ZEROS = toBase64Url(ZERO_HASH)

interface Siege {
  readonly name: string
  /** Kind, number of sockets, frames. One process each; see `siege-attacker.ts`. */
  readonly attackers: (server: DirectoryServer) => Promise<readonly (readonly [string, number, ...string[]])[]>
}

const hello = (members: object) =>
  JSON.stringify({ type: 'hello', protocol: 1, ...members, epoch: 0, sequence: 0, head: ZEROS, order: 0, clock: 1 })

const SIEGES: readonly Siege[] = [
  {
    name: 'siege-half-open',
    attackers: async () => [
      ['halfOpen', HALF_OPEN],
      ['halfOpen', HALF_OPEN],
      ['slow', 500],
    ],
  },
  {
    name: 'siege-hellos',
    attackers: async () => [
      ['silent', 200],
      ['lie', 100, hello({ device: `dev_${'A'.repeat(22)}` })],
      ['lie', 100, hello({ token: { id: `tok_${'A'.repeat(22)}`, secret: ZEROS } })],
    ],
  },
  {
    name: 'siege',
    attackers: async (server) => {
      const { token, secret } = await server.token()
      const { attackers: halfOpen } = SIEGES[0] ?? { attackers: async () => [] }
      return [
        ...(await halfOpen(server)),
        ['lie', 60, hello({ device: `dev_${'A'.repeat(22)}` })],
        ['lie', 60, hello({ token: { id: token, secret } }), 'no.real.attestation'],
      ]
    },
  },
]

export const siege: Benchmark = {
  name: 'siege',
  about: 'acknowledgement times of a device while others flood the directory from few addresses',
  unit: 'ms',
  limit: 'none; p99 relative to p99 without attack',
  async run(report) {
    buildBundle('surety-directory')
    await using server = await startDirectoryServer({ cores: '0' })
    const client = await startClient(server)
    await measure(client, 2_000)
    for (const each of SIEGES) {
      const calm = await measure(client, MEASURE_MS)
      const before = residentBytes(server.pid).rss
      const attackers = start(server, await each.attackers(server))
      await delay(WARM_UP_MS)
      const under = await measure(client, MEASURE_MS)
      const grownMb = (residentBytes(server.pid).rss - before) / 1e6
      const outcomes = attackers.outcomes()
      await attackers.end()
      const [p99, calmP99] = [quantile(under, 0.99), quantile(calm, 0.99)]
      const much = `${under.length} acks, p50 ${rounded(quantile(under, 0.5))} ms, slowest ${rounded(Math.max(...under))} ms`
      report({
        name: each.name,
        value: rounded(p99),
        unit: 'ms',
        ratio: rounded(p99 / calmP99),
        against: `p99 without: ${rounded(calmP99)} ms; ${much}; RSS ${rounded(grownMb)} MB more; attackers: ${outcomes}`,
      })
      await delay(2_000)
    }
    client.child.kill('SIGKILL')
  },
}

interface Client {
  readonly child: ChildProcess
  readonly lines: Interface
}

/** On the core of the attackers. The device has a higher priority. */
function startOne(script: string, args: readonly string[], niceness: number): ChildProcess {
  const path = join(import.meta.dirname, script)
  const command = ['-n', String(niceness), '/usr/bin/taskset', '-c', '1', process.execPath, path, ...args]
  return spawn('/usr/bin/nice', command, { stdio: ['pipe', 'pipe', 'inherit'] })
}

async function startClient(server: DirectoryServer): Promise<Client> {
  const enrolment = formatEnrolmentString(await server.token())
  const child = startOne('siege-client.ts', [enrolment, server.ca], -20)
  if (child.stdout === null) throw new TypeError('no standard output')
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  return { child, lines }
}

async function measure({ child, lines }: Client, ms: number): Promise<number[]> {
  const answer = once(lines, 'line')
  child.stdin?.write(`${ms}\n`)
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the known device lost its connection')))
  const [line] = await Promise.race([answer, ended])
  return JSON.parse(String(line))
}

const ADDRESSES = [2, 3, 4, 5, 6, 7, 8, 9].map((last) => `127.0.0.${last}`)

function start(server: DirectoryServer, init: readonly (readonly [string, number, ...string[]])[]) {
  const newest: string[] = []
  const port = new URL(server.url).port
  const children = init.map(([kind, count, ...frames], index) => {
    const child = startOne('siege-attacker.ts', [kind, port, ADDRESSES.join(), String(count), ...frames], 5)
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        newest[index] = `${kind} ${line}`
      })
    }
    return child
  })
  return {
    outcomes: () => newest.join(' '),
    async end() {
      await Promise.all(
        children.map(async (child) => {
          const ended = once(child, 'exit')
          child.kill('SIGKILL')
          await ended
        }),
      )
    },
  }
}
