import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { SuretyError } from '../../base/errors.ts'
import { isRootId } from '../../base/text/user-id.ts'
import type { ProgramInit, RunningProgram } from '../program/command.ts'
import type { LocalUser } from '../users/users.ts'

/** Starts the reader of a home with the rights of its user; see `native/windows/addon/rights/restricted.h`. */

export interface WindowsReaderAddon {
  ownToken(): { readonly userId: string }
  /** Of the persons whose token we can have: none unless we are LocalSystem. */
  restrictedSessions(): readonly { readonly session: number; readonly userId: string }[]
  /** A number is an error of Windows. */
  restrictedStart(
    session: number,
    application: string,
    commandLine: string,
    memoryBytes: number,
    onExit: (exitCode: number) => void,
  ): RestrictedChild | number
}

export interface RestrictedChild {
  readonly pid: number
  /** Descriptors. */
  readonly stdin: number
  readonly stdout: number
  kill(): void
}

export const READER_FUNCTIONS: readonly (keyof WindowsReaderAddon)[] = [
  ...(['ownToken', 'restrictedSessions', 'restrictedStart'] as const),
]

/** Of the whole process; its heap has a lower limit of its own. */
const MEMORY_BYTES = 2 * 1024 ** 3
const OWN_TOKEN = -1

export interface WindowsReaderComponents {
  readonly addon: WindowsReaderAddon
  /** For tests; else Node opens the descriptor. */
  readonly openSocket?: (descriptor: number, direction: { readable: boolean; writable: boolean }) => Socket
}

/**
 * Starts `init` with the token that `user` has in a session, else with our own; in both cases restricted and in a job of its own.
 * The child verifies what it got (`becomeWindowsUser`).
 *
 * @throws `NOT_PERMITTED` when we are neither the user nor LocalSystem, `COMMAND_FAILED`.
 */
export function startRestricted({ addon, openSocket = openedSocket }: WindowsReaderComponents) {
  return async (init: ProgramInit, user: Pick<LocalUser, 'id'>): Promise<RunningProgram> => {
    const own = addon.ownToken().userId
    if (own !== user.id && !isRootId(own)) {
      throw new SuretyError('NOT_PERMITTED', `user ${own} may not read the home of user ${user.id}`)
    }
    const session = own === user.id ? OWN_TOKEN : sessionOf(addon, user.id)
    const line = [init.path, ...init.args].map(quoted).join(' ')
    const { promise: exit, resolve } = Promise.withResolvers<{ exitCode: number; signal: undefined }>()
    const child = addon.restrictedStart(session, init.path, line, MEMORY_BYTES, (exitCode) => {
      resolve({ exitCode, signal: undefined })
    })
    if (typeof child === 'number') {
      throw new SuretyError('COMMAND_FAILED', `${JSON.stringify(init.path)} could not be started: error ${child}`)
    }
    const pipes: Socket[] = []
    try {
      pipes.push(openSocket(child.stdin, { readable: false, writable: true }))
      pipes.push(openSocket(child.stdout, { readable: true, writable: false }))
    } catch (cause) {
      child.kill()
      for (const descriptor of [child.stdin, child.stdout].slice(pipes.length)) closeSync(descriptor)
      for (const pipe of pipes) pipe.destroy()
      throw new SuretyError('COMMAND_FAILED', `${JSON.stringify(init.path)} has no pipes`, { cause })
    }
    // A child that dies closes its pipe under our write; its exit says so, the stream need not.
    for (const pipe of pipes) pipe.on('error', () => undefined)
    const [stdin, stdout] = pipes
    return {
      pid: child.pid,
      stdin,
      stdout,
      stderr: undefined,
      exit,
      kill: () => child.kill(),
      async [Symbol.asyncDispose]() {
        child.kill()
        await exit
      },
    }
  }
}

/** Windows may refuse for a moment, while somebody logs on or off: our own token then reads, with less. */
function sessionOf(addon: WindowsReaderAddon, userId: string): number {
  try {
    return addon.restrictedSessions().find((each) => each.userId === userId)?.session ?? OWN_TOKEN
  } catch {
    return OWN_TOKEN
  }
}

/** As the C library of Windows takes a command line apart. */
function quoted(argument: string): string {
  if (/^[^\s"]+$/.test(argument)) return argument
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}

function openedSocket(descriptor: number, direction: { readable: boolean; writable: boolean }): Socket {
  return new Socket({ fd: descriptor, ...direction })
}
