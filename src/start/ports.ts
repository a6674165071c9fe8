import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { codeOf, SuretyError } from '../base/errors.ts'
import { closed, reader, type Static, Type } from '../base/schema.ts'
import { readIfPresent, writeDurably } from '../system/durable-file.ts'

const port = Type.Integer({ minimum: 1, maximum: 65_535 })
const portsSchema = closed({ devices: port, api: port })
export type Ports = Static<typeof portsSchema>
const portsReader = reader(portsSchema, { name: 'ports.json' })

const PREFERRED: Ports = { devices: 7443, api: 7444 }

/**
 * The ports of this data folder's directory: chosen once, since the device has them in its pins. The usual two where
 * they are free, else any.
 *
 * @throws `SOCKET_IN_USE` when something else holds the ports of an earlier start.
 */
export async function portsOf(dataFolder: string): Promise<Ports> {
  const path = join(dataFolder, 'ports.json')
  const known = await readKnown(path)
  if (known !== undefined) {
    for (const each of [known.devices, known.api]) {
      if ((await freePort(each)) === undefined) {
        const remedy = `end what uses it (another npm start?), or choose another folder with --data`
        throw new SuretyError('SOCKET_IN_USE', `port ${each} of 127.0.0.1 is in use: ${remedy}`)
      }
    }
    return known
  }
  const devices = (await freePort(PREFERRED.devices)) ?? (await freePort(0))
  const api = (await freePort(PREFERRED.api)) ?? (await freePort(0))
  const chosen = portsReader.read({ devices, api })
  await writeDurably(path, utf8(JSON.stringify(chosen)), { mode: 0o600 })
  return chosen
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
    server.close()
  }
}
