import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { codeOf, SuretyError } from '../base/errors.ts'
import { closed, reader, type Static, Type } from '../base/schema.ts'
import { readIfPresent, writeDurably } from '../system/files/durable-file.ts'

const port = Type.Integer({ minimum: 1, maximum: 65_535 })
const portsSchema = closed({ devices: port, api: port })
export type Ports = Static<typeof portsSchema>
const portsReader = reader(portsSchema, { name: 'ports.json' })

const PREFERRED: Ports = { devices: 7443, api: 7444 }

/**
 * Runs `start` with the ports of this data folder's directory: chosen once, since the device has them in its pins, and
 * kept when `start` succeeds. First the usual two where they are free, then any; another program may take them between
 * our look and the directory's, so a first start tries again.
 *
 * @throws `SOCKET_IN_USE` when something else holds the ports of an earlier start; what `start` throws.
 */
export async function withPorts<T>(dataFolder: string, start: (ports: Ports) => Promise<T>): Promise<T> {
  const path = join(dataFolder, 'ports.json')
  const known = await readKnown(path)
  if (known !== undefined) {
    await requireFree(known)
    return start(known)
  }
  for (let attempt = 0; ; attempt++) {
    const ports = await freePorts(attempt === 0 ? PREFERRED : undefined)
    try {
      const started = await start(ports)
      await writeDurably(path, utf8(JSON.stringify(ports)), { mode: 0o600 })
      return started
    } catch (error) {
      // Whatever it says: where a port is taken now, that is why.
      if (attempt === TRIES || (await firstTaken(ports)) === undefined) throw error
    }
  }
}

const TRIES = 4

/** Two ports of the loopback that nobody listens on now: the preferred ones where they are free, else any. */
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
  const remedy = 'end what uses it (another npm start?), or choose another folder with --data'
  throw new SuretyError('SOCKET_IN_USE', `port ${port} of 127.0.0.1 is in use: ${remedy}`)
}

async function readKnown(path: string): Promise<Ports | undefined> {
  const bytes = await readIfPresent(path, { maxBytes: 1024, ownerOnly: true })
  if (bytes === undefined) return undefined
  try {
    return portsReader.readJson(fromUtf8(bytes))
  } catch (cause) {
    if (codeOf(cause) === undefined) throw cause
    throw new SuretyError('CONFIG_INVALID', `${path} is damaged: delete it`, { cause })
  }
}

/** The port itself, or the one the system gave for 0; undefined when it is taken. */
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
