import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** One that was given and is not listened on yet looks free: each worker of jest's has a thousand ports of its own. */
const FIRST = 20_000 + 1_000 * (Number(process.env.JEST_WORKER_ID ?? 0) % 10)
const given = new Set<number>()

/** A free port that the system gives nobody by itself: a program that is killed finds it free when it comes back. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    try {
      const port = FIRST + randomInt(1_000)
      if (given.has(port)) continue
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      given.add(port)
      return port
    } catch {
      // Somebody has it: another one.
    } finally {
      server.close()
    }
  }
}

/** For a directory that comes back: where devices and where administrators reach it. */
export async function freePorts(): Promise<{ readonly devices: number; readonly api: number }> {
  return { devices: await freePort(), api: await freePort() }
}
