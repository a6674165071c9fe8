import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { connectSessionBus, type SessionBus } from '../../src/system/desktop/session-bus.ts'
import { startProgram } from '../../src/system/program/command.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const DAEMON = '/usr/bin/dbus-daemon'
const userId = process.getuid?.() ?? 0
export const hasBus = existsSync(DAEMON)

export interface TestBus extends AsyncDisposable {
  readonly environment: { readonly DBUS_SESSION_BUS_ADDRESS: string }
  connect(): Promise<SessionBus>
  /** Ends the bus itself. */
  end(): Promise<void>
}

/** A real session bus of its own. */
export async function startBus(): Promise<TestBus> {
  const folder = temporaryFolder()
  const path = join(folder.path, 'bus')
  const address = `unix:path=${path}`
  const program = await startProgram({ path: DAEMON, args: ['--session', '--nofork', `--address=${address}`] })
  const environment = { DBUS_SESSION_BUS_ADDRESS: address }
  // Its socket is there before it listens.
  const isUp = async () => {
    try {
      using _ = await connectSessionBus({ environment, userId })
      return true
    } catch {
      return false
    }
  }
  await waitFor('the bus', isUp)
  const connections: SessionBus[] = []
  const end = async () => {
    program.kill('SIGKILL')
    await program.exit
  }
  return {
    environment,
    async connect() {
      const bus = await connectSessionBus({ environment, userId })
      connections.push(bus)
      return bus
    },
    end,
    async [Symbol.asyncDispose]() {
      for (const bus of connections) bus[Symbol.dispose]()
      await end()
      folder[Symbol.dispose]()
    },
  }
}
