import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../src/base/bytes.ts'
import { codeOf, SuretyError } from '../../src/base/errors.ts'
import { closed, reader, type Static, Type } from '../../src/base/schema.ts'
import { readIfPresent, writeDurably } from '../../src/system/files/own/durable-file.ts'
import { portHolder } from '../../src/system/processes/linux/port-holder.ts'

const port = Type.Integer({ minimum: 1, maximum: 65_535 })
const portsSchema = closed({ devices: port, api: port, console: port })
export type Ports = Static<typeof portsSchema>
const portsReader = reader(portsSchema, { name: 'ports' })
/** Folders from before there was a console have no port for it. */
const savedReader = reader(closed({ ...portsSchema.properties, console: Type.Optional(port) }), { name: 'ports.json' })

const PREFERRED: Ports = { devices: 7443, api: 7444, console: 7445 }
const USES = { devices: 'the daemon', api: 'the API', console: 'the console' } as const

/**
 * Runs `start` with the ports of this data folder, and saves them when it succeeds. They never change afterwards, because the
 * device has them in its enrolment. The first start prefers 7443 to 7445, says if it has to use others, and tries again if
 * another program takes one meanwhile.
 *
 * @throws `SOCKET_IN_USE` when another program uses a saved port; what `start` throws.
 */
export async function withPorts<T>(
  dataFolder: string,
  start: (ports: Ports) => Promise<T>,
  { say, preferred = PREFERRED }: { say(line: string): void; readonly preferred?: Ports },
): Promise<T> {
  const path = join(dataFolder, 'ports.json')
  const saved = await readSaved(path, preferred)
  if (saved !== undefined) {
    await requireFree(saved)
    return start(saved)
  }
  for (let attempt = 0; ; attempt++) {
    const ports = await freePorts(attempt === 0 ? preferred : undefined)
    try {
      const started = await start(ports)
      await writeDurably(path, utf8(JSON.stringify(ports)), { mode: 0o600 })
      for (const use of PORTS) {
        if (ports[use] === preferred[use]) continue
        say(`port ${preferred[use]} is in use; ${USES[use]} uses ${ports[use]} instead (kept in ${path})`)
      }
      return started
    } catch (error) {
      // Messages differ between programs and systems. A port in use is the reason that a new attempt can fix.
      if (attempt === TRIES || (await firstTaken(ports)) === undefined) throw error
    }
  }
}

const TRIES = 4

/** Free ports on loopback: the preferred ones if they are free, else any. */
export async function freePorts(preferred?: Ports): Promise<Ports> {
  const ports: Partial<Record<keyof Ports, number>> = {}
  for (const use of PORTS) ports[use] = (await freePort(preferred?.[use] ?? 0)) ?? (await freePort(0)) ?? 0
  return portsReader.read(ports)
}

const PORTS = ['devices', 'api', 'console'] as const

async function firstTaken(ports: Ports): Promise<(typeof PORTS)[number] | undefined> {
  for (const use of PORTS) if ((await freePort(ports[use])) === undefined) return use
  return undefined
}

async function requireFree(ports: Ports): Promise<void> {
  const use = await firstTaken(ports)
  if (use === undefined) return
  const holder = portHolder(ports[use])
  const by = holder === undefined ? 'is in use' : `is in use by ${holder}`
  const remedy = 'end that program (another npm start?), or choose another folder with --data'
  const message = `port ${ports[use]} of 127.0.0.1, which ${USES[use]} of this folder uses, ${by}: ${remedy}`
  throw new SuretyError('SOCKET_IN_USE', message)
}

async function readSaved(path: string, preferred: Ports): Promise<Ports | undefined> {
  const bytes = await readIfPresent(path, { maxBytes: 1024, ownerOnly: true })
  if (bytes === undefined) return undefined
  try {
    const { console = (await freePorts(preferred)).console, ...saved } = savedReader.readJson(fromUtf8(bytes))
    return { ...saved, console }
  } catch (cause) {
    if (codeOf(cause) === undefined) throw cause
    throw new SuretyError('CONFIG_INVALID', `${path} is damaged. Delete it`, { cause })
  }
}

/** The wanted port, or a port from the system for 0. Undefined if it is in use. */
async function freePort(wanted: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen(wanted, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : undefined
  } catch {
    return undefined
  } finally {
    await new Promise((closed) => server.close(closed))
  }
}
