import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CLIENTS,
  type FakeGate,
  fakeGate,
  finalFrame,
  HOOK_PROGRAM,
  runHook,
  whenHookBuilt,
} from '../../support/processes/hook.ts'
import type { temporaryFolder } from '../../support/temporary-folder.ts'
import { asRoot, enterableFolder, MALLORY } from '../../support/users/other-user.ts'

/** Whose gate, file and variables the hook believes. */

const FOREIGN = "Surety's gate does not run as root; ask your administrator, or run `surety hooks doctor`"
const ABSENT =
  "Surety's gate does not run, and without it no tool may; ask your administrator, or run `surety hooks doctor`"
const ALLOWED = { code: 0, output: '{"permission":"allow"}', error: '' }

const hookAsRoot = whenHookBuilt === test ? asRoot('other users of the hook') : test.skip

let folder: ReturnType<typeof temporaryFolder>
let surety: string
let program: string
beforeEach(() => {
  folder = enterableFolder()
  surety = join(folder.path, 'surety-gate')
  program = join(folder.path, 'hook')
  mkdirSync(surety)
  chmodSync(surety, 0o755)
  copyHook(program)
})
afterEach(() => folder[Symbol.dispose]())

/** Where other users can run it. */
function copyHook(to: string): void {
  copyFileSync(HOOK_PROGRAM, to)
  chmodSync(to, 0o755)
}

/** The kernel keeps as whom it began to listen. */
async function gateOf(uid: number): Promise<FakeGate> {
  chownSync(surety, uid, uid)
  process.seteuid?.(uid)
  const started = allowingGate()
  process.seteuid?.(0)
  const gate = await started
  chmodSync(gate.socket, 0o666)
  return gate
}

function allowingGate(): Promise<FakeGate> {
  return fakeGate((socket) => socket.write(finalFrame(0, ALLOWED.output)), { socket: join(surety, 'hooks.sock') })
}

/** The hook at its own place: in a namespace where the folder of the test is `/run`. */
async function runInPlace(uid: number, env: NodeJS.ProcessEnv = {}) {
  const script = 'mount --bind "$0" /run && exec setpriv --reuid "$1" --regid "$1" --clear-groups "$2" cursor'
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, folder.path, String(uid), program]
  return await runHook(args, { program: '/usr/bin/unshare', env: { PATH: process.env.PATH, ...env } })
}

hookAsRoot.each([
  ['another user', 0, MALLORY, CLIENTS.cursor?.no(FOREIGN)],
  ['another user', MALLORY + 1, MALLORY, CLIENTS.cursor?.no(FOREIGN)],
  ['the same user', MALLORY, MALLORY, ALLOWED],
  ['root', MALLORY, 0, ALLOWED],
])('with --socket, a gate of %s: hook of %d, gate of %d', async (_, hook, uid, expected) => {
  await using gate = await gateOf(uid)
  expect(await runHook(['--socket', gate.socket, 'cursor'], { program, uid: hook })).toEqual(expected)
  expect(gate.requests).toHaveLength(expected === ALLOWED ? 1 : 0)
})

hookAsRoot.each([
  ['of root', MALLORY, 0, ALLOWED],
  ['of the same user', MALLORY, MALLORY, CLIENTS.cursor?.no(FOREIGN)],
  ['of another user', MALLORY + 1, MALLORY, CLIENTS.cursor?.no(FOREIGN)],
])('at its own place, a gate %s: hook of %d, gate of %d', async (_, hook, uid, expected) => {
  await using gate = await gateOf(uid)
  expect(await runInPlace(hook)).toEqual(expected)
  expect(gate.requests).toHaveLength(expected === ALLOWED ? 1 : 0)
})

hookAsRoot.each([
  ['of root', 0, ALLOWED],
  ['of the same user', MALLORY, CLIENTS.cursor?.no(ABSENT)],
])('at its own place without a gate, a file %s', async (_, uid, expected) => {
  expect(await runInPlace(MALLORY)).toEqual(CLIENTS.cursor?.no(ABSENT))
  writeFileSync(join(surety, 'hooks-without-gate'), 'allow\n', { mode: 0o644 })
  chownSync(join(surety, 'hooks-without-gate'), uid, uid)
  expect(await runInPlace(MALLORY)).toEqual(expected)
})

hookAsRoot('no variable moves the socket, the file or the deadline', async () => {
  await using other = await allowingGate()
  writeFileSync(join(surety, 'hooks-without-gate'), 'allow\n', { mode: 0o644 })
  const names = ['SURETY_SOCKET', 'SURETY_HOOK_SOCKET', 'SURETY_HOOKS_SOCKET', 'SURETY_CONTROL_SOCKET', 'SOCKET']
  const folders = ['HOME', 'XDG_RUNTIME_DIR', 'RUNTIME_DIRECTORY', 'TMPDIR', 'SURETY_RUN', 'RUN']
  const env = {
    ...Object.fromEntries(names.map((name) => [name, other.socket])),
    ...Object.fromEntries(folders.map((name) => [name, surety])),
    SURETY_HOOKS_WITHOUT_GATE: 'allow',
    SURETY_SECONDS: '0',
    SURETY_CLIENT: 'windsurf',
    SECONDS: '0',
    POSIXLY_CORRECT: '1',
    LANG: 'de_DE.UTF-8',
    LD_LIBRARY_PATH: surety,
    CLAUDE_PROJECT_DIR: surety,
  }
  const empty = join(folder.path, 'empty')
  mkdirSync(empty)
  const script = 'mount --bind "$0" /run && exec "$1" cursor'
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, empty, program]
  const answer = await runHook(args, { program: '/usr/bin/unshare', env: { PATH: process.env.PATH, ...env } })
  expect(answer).toEqual(CLIENTS.cursor?.no(ABSENT))
  expect(other.requests).toEqual([])
})

const isStatic = whenHookBuilt === test && !readFileSync(HOOK_PROGRAM).includes('ld-linux')
const whenStatic = isStatic ? test : test.skip

whenStatic('no variable adds a library that ends the hook with a yes', async () => {
  const [source, library] = [join(folder.path, 'end.c'), join(folder.path, 'end.so')]
  writeFileSync(source, '#include <unistd.h>\n__attribute__((constructor)) static void end(void) { _exit(0); }\n')
  spawnSync('/usr/bin/cc', ['-shared', '-fPIC', '-o', library, source], { stdio: 'inherit' })
  const env = { LD_PRELOAD: library, LD_AUDIT: library }
  // It does so in other programs.
  expect(spawnSync('/usr/bin/false', { env: { LD_PRELOAD: library } }).status).toBe(0)
  rmSync(surety, { recursive: true })
  expect(await runHook(['--socket', join(surety, 'hooks.sock'), 'windsurf'], { env })).toMatchObject({ code: 2 })
})
