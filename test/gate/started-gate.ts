import { join, resolve } from 'node:path'
import { GATE_FLAGS } from '../../src/gate/gate-flags.ts'
import { type FromDaemon, type FromGate, fromGateReader, MESSAGE_MAX_BYTES } from '../../src/gate/gate-messages.ts'
import type { HookClient } from '../../src/protocol/gate/hook-clients.ts'
import { startProgram } from '../../src/system/program/command.ts'
import { readLines } from '../../src/system/socket/lines.ts'
import { type HookInit, runHook, type Said } from '../support/processes/hook.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

export const GATE_COMMAND = [process.execPath, ...GATE_FLAGS, resolve('src/main-gate.ts')] as const

/** The gate as the daemon starts it. */
export interface StartedGate extends AsyncDisposable {
  readonly socket: string
  readonly said: readonly FromGate[]
  readonly pid: number
  send(message: FromDaemon): void
  /** Closes its standard input, as the end of the daemon does. @returns its exit code. */
  end(): Promise<number | undefined>
  ask(document: string | Buffer, init?: HookInit & { readonly client?: HookClient }): Promise<Said>
}

export async function startGate(
  first: FromDaemon = { kind: 'policy', version: 0 },
  { isServing = true } = {},
): Promise<StartedGate> {
  const folder = temporaryFolder()
  const socket = join(folder.path, 'hooks.sock')
  const [path, ...args] = GATE_COMMAND
  const program = await startProgram({ path, args: [...args, socket], stdin: 'pipe', stdout: 'pipe' })
  const said: FromGate[] = []
  const listening = (async () => {
    if (program.stdout === undefined) return
    for await (const line of readLines(program.stdout, { maxBytes: MESSAGE_MAX_BYTES }))
      said.push(fromGateReader.readJson(line))
  })()
  const send = (message: FromDaemon) => void program.stdin?.write(`${JSON.stringify(message)}\n`)
  send(first)
  if (isServing) await waitFor('the gate serves', () => said.some(({ kind }) => kind === 'serving'))
  return {
    socket,
    said,
    pid: program.pid,
    send,
    async end() {
      program.stdin?.end()
      return (await program.exit).exitCode
    },
    ask: (input, { client = 'claude-code', ...init } = {}) => runHook(['--socket', socket, client], { ...init, input }),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await listening
      folder[Symbol.dispose]()
    },
  }
}
