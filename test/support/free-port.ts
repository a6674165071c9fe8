import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Of this process: one that was given and is not listened on yet looks free. */
const given = new Set<number>()

/** A free port that the system gives nobody by itself: a program that is killed finds it free when it comes back. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    try {
      const port = randomInt(20_000, 30_000)
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
