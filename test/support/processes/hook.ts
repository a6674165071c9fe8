import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { temporaryFolder } from '../temporary-folder.ts'

export const HOOK_PROGRAM = resolve(import.meta.dirname, '../../../native/build/surety-hook')
/** `test` where the hook is built; else the tests are skipped. */
export const whenHookBuilt = existsSync(HOOK_PROGRAM) ? test : test.skip

/** What each client takes for a no with a reason, and for a yes; by its own documentation. */
export const CLIENTS: Readonly<Record<string, { readonly no: (reason: string) => Said; readonly yes: Said }>> = {
  'claude-code': { no: preToolUse, yes: said('') },
  codex: { no: preToolUse, yes: said('') },
  'copilot-cli': {
    no: (reason) => said({ permissionDecision: 'deny', permissionDecisionReason: reason }),
    yes: said(''),
  },
  cursor: {
    no: (reason) => said({ permission: 'deny', user_message: reason }),
    yes: said({ permission: 'allow' }),
  },
  'gemini-cli': {
    no: (reason) => said({ decision: 'deny', reason }),
    yes: said({ decision: 'allow' }),
  },
  opencode: { no: byExitCode, yes: said('') },
  vscode: { no: preToolUse, yes: said('') },
  windsurf: { no: byExitCode, yes: said('') },
}

export interface Said {
  readonly code: number | null
  readonly output: string
  readonly error: string
}

function said(output: string | object): Said {
  return { code: 0, output: typeof output === 'string' ? output : JSON.stringify(output), error: '' }
}

function preToolUse(reason: string): Said {
  const decision = { permissionDecision: 'deny', permissionDecisionReason: reason }
  return said({ hookSpecificOutput: { hookEventName: 'PreToolUse', ...decision } })
}

export function byExitCode(reason: string): Said {
  return { code: 2, output: '', error: `${reason}\n` }
}

export interface HookInit {
  readonly input?: string | Buffer
  readonly program?: string
  readonly uid?: number
  readonly env?: NodeJS.ProcessEnv
}

/** Runs the hook to its end. */
export async function runHook(args: readonly string[], init: HookInit = {}): Promise<Said> {
  const child = startHook(args, init)
  child.stdin.end(init.input ?? '{}')
  return await endOf(child)
}

export function startHook(args: readonly string[], init: HookInit = {}): ChildProcessWithoutNullStreams {
  const { program = HOOK_PROGRAM, uid, env = {} } = init
  const child = spawn(program, args, { env, ...(uid === undefined ? {} : { uid, gid: uid }) })
  // It may end before it has read all.
  child.stdin.on('error', () => undefined)
  return child
}

export async function endOf(child: ChildProcessWithoutNullStreams): Promise<Said> {
  const [[code], output, error] = await Promise.all([once(child, 'close'), buffer(child.stdout), buffer(child.stderr)])
  return { code, output: output.toString(), error: error.toString() }
}

/** A gate of the tests, which does what each test says with a whole request. */
export interface FakeGate extends AsyncDisposable {
  readonly folder: string
  readonly socket: string
  /** Without their length. */
  readonly requests: readonly Buffer[]
}

export interface FakeGateInit {
  readonly socket?: string
  /** Before the whole request has come. */
  readonly onConnection?: (socket: Socket) => void
}

export async function fakeGate(
  answer: (socket: Socket, request: Buffer) => void,
  init: FakeGateInit = {},
): Promise<FakeGate> {
  const folder = temporaryFolder()
  const path = init.socket ?? join(folder.path, 'hooks.sock')
  const requests: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (init.onConnection !== undefined) return init.onConnection(socket)
    let got = Buffer.alloc(0)
    socket.on('data', (part: Buffer) => {
      got = Buffer.concat([got, part])
      if (got.length < 4 || got.length < 4 + got.readUInt32BE()) return
      requests.push(got.subarray(4))
      answer(socket, got.subarray(4))
    })
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    folder: folder.path,
    socket: path,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
      folder[Symbol.dispose]()
    },
  }
}

export function frame(...parts: readonly (string | Buffer | number)[]): Buffer {
  const rest = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : bytesOf(part))))
  return Buffer.concat([bigEndian(rest.length), rest])
}

function bytesOf(part: Buffer | number): Buffer {
  return typeof part === 'number' ? Buffer.of(part) : part
}

export function finalFrame(code: number, output: string, error = ''): Buffer {
  return frame(1, code, bigEndian(Buffer.byteLength(output)), output, error)
}

export function bigEndian(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}
