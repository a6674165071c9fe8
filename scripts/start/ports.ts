import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../src/base/bytes.ts'
import { codeOf, SuretyError } from '../../src/base/errors.ts'
import { closed, reader, type Static, Type } from '../../src/base/schema.ts'
import { readIfPresent, writeDurably } from '../../src/system/files/durable-file.ts'

const port = Type.Integer({ minimum: 1, maximum: 65_535 })
const portsSchema = closed({ devices: port, api: port })
export type Ports = Static<typeof portsSchema>
const portsReader = reader(portsSchema, { name: 'ports.json' })

const PREFERRED: Ports = { devices: 7443, api: 7444 }

/**
 * Runs `start` with the ports of this data folder, and saves them when it succeeds. They never change afterwards, because the
 * device has them in its enrolment. The first start prefers 7443 and 7444, and tries other free ports if another program takes
 * one meanwhile.
 *
 * @throws `SOCKET_IN_USE` when another program uses a saved port; what `start` throws.
 */
export async function withPorts<T>(dataFolder: string, start: (ports: Ports) => Promise<T>): Promise<T> {
  const path = join(dataFolder, 'ports.json')
  const saved = await readSaved(path)
  if (saved !== undefined) {
    await requireFree(saved)
    return start(saved)
  }
  for (let attempt = 0; ; attempt++) {
    const ports = await freePorts(attempt === 0 ? PREFERRED : undefined)
    try {
      const started = await start(ports)
      await writeDurably(path, utf8(JSON.stringify(ports)), { mode: 0o600 })
      return started
    } catch (error) {
      // Messages differ between programs and systems. A port in use is the reason that a new attempt can mend.
      if (attempt === TRIES || (await firstTaken(ports)) === undefined) throw error
    }
  }
}

const TRIES = 4

/** Two free ports on loopback: the preferred ones if they are free, else any. */
export async function freePorts(preferred?: Ports): Promise<Ports> {
  const pick = async (port: number | undefined) => (await freePort(port ?? 0)) ?? (await freePort(0))
  return portsReader.read({ devices: await pick(preferred?.devices), api: await pick(preferred?.api) })
}

async function firstTaken({ devices, api }: Ports): Promise<number | undefined> {
  for (const port of [devices, api]) if ((await freePort(port)) === undefined) return port
  return undefined
}

async function requireFree(ports: Ports): Promise<void> {
  const port = await firstTaken(ports)
  if (port === undefined) return
  const remedy = 'end the program that uses it (another npm start?), or choose another folder with --data'
  throw new SuretyError('SOCKET_IN_USE', `port ${port} of 127.0.0.1 is in use: ${remedy}`)
}

async function readSaved(path: string): Promise<Ports | undefined> {
  const bytes = await readIfPresent(path, { maxBytes: 1024, ownerOnly: true })
  if (bytes === undefined) return undefined
  try {
    return portsReader.readJson(fromUtf8(bytes))
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
