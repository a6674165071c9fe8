import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLIENTS, fakeGate, finalFrame, runHook, whenHookBuilt } from '../../support/processes/hook.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { asRoot, MALLORY } from '../../support/users/other-user.ts'

const ABSENT =
  "Surety's gate does not run, and without it no tool may; ask your administrator, or run `surety hooks doctor`"
const REPLACED = "The socket of Surety's gate was replaced; ask your administrator, or run `surety hooks doctor`"
const UNREACHABLE = "Surety's gate cannot be reached; ask your administrator, or run `surety hooks doctor`"

const no = (reason: string) => CLIENTS['gemini-cli']?.no(reason)
const yes = CLIENTS['gemini-cli']?.yes

let folder: ReturnType<typeof temporaryFolder>
let socket: string
let allowFile: string
beforeEach(() => {
  folder = temporaryFolder()
  socket = join(folder.path, 'hooks.sock')
  allowFile = join(folder.path, 'hooks-without-gate')
})
afterEach(() => folder[Symbol.dispose]())

/** What ended without removing its socket. */
async function leaveDeadSocket(): Promise<void> {
  const kept = `${socket}.kept`
  await using _ = await fakeGate(() => undefined, { socket })
  linkSync(socket, kept)
  rmSync(socket)
  renameSync(kept, socket)
}

whenHookBuilt.each(Object.entries(CLIENTS))('%s gets a no where there is no gate', async (client, its) => {
  expect(await runHook(['--socket', socket, client])).toEqual(its.no(ABSENT))
  expect(await runHook(['--socket', join(folder.path, 'nowhere/hooks.sock'), client])).toEqual(its.no(ABSENT))
  await leaveDeadSocket()
  expect(await runHook(['--socket', socket, client])).toEqual(its.no(ABSENT))
})

whenHookBuilt.each(Object.entries(CLIENTS))('%s gets a yes where a file allows it', async (client, its) => {
  writeFileSync(allowFile, 'allow\n', { mode: 0o644 })
  expect(await runHook(['--socket', socket, client])).toEqual(its.yes)
  writeFileSync(allowFile, 'allow')
  await leaveDeadSocket()
  expect(await runHook(['--socket', socket, client])).toEqual(its.yes)
})

whenHookBuilt('the file allows nothing while there is a gate that gives no answer', async () => {
  writeFileSync(allowFile, 'allow\n', { mode: 0o644 })
  await using gate = await fakeGate((connection) => connection.end(), { socket })
  expect(await runHook(['--socket', gate.socket, 'gemini-cli'])).not.toEqual(yes)
  expect(gate.requests).toHaveLength(1)
})

whenHookBuilt('the file allows no document that is too large', async () => {
  writeFileSync(allowFile, 'allow\n', { mode: 0o644 })
  const input = Buffer.alloc(10 * 1024 * 1024 + 1)
  const answer = await runHook(['--socket', socket, 'gemini-cli'], { input })
  expect(JSON.parse(answer.output)).toMatchObject({ decision: 'deny' })
})

whenHookBuilt.each(['', '\n', 'allow\n\n', 'allow\r\n', ' allow', 'Allow', 'allo', 'allowed', 'allow\0', 'deny\n'])(
  'a file with the content %j allows nothing',
  async (content) => {
    writeFileSync(allowFile, content, { mode: 0o644 })
    expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(ABSENT))
  },
)

whenHookBuilt.each([0o664, 0o646, 0o622])('a file of mode %o allows nothing', async (mode) => {
  writeFileSync(allowFile, 'allow\n')
  chmodSync(allowFile, mode)
  expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(ABSENT))
})

whenHookBuilt.each([
  [
    'link to a file that allows',
    (path: string) => {
      writeFileSync(`${path}.other`, 'allow\n', { mode: 0o644 })
      symlinkSync(`${path}.other`, path)
    },
  ],
  ['folder', (path: string) => mkdirSync(path)],
  ['pipe that has no writer', (path: string) => spawnSync('mkfifo', ['-m', '644', path])],
] as const)('a %s in its place allows nothing', async (_, put) => {
  put(allowFile)
  expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(ABSENT))
})

const hookAsRoot = whenHookBuilt === test ? asRoot('another user of the hook') : test.skip

hookAsRoot('a file of another user allows nothing', async () => {
  writeFileSync(allowFile, 'allow\n', { mode: 0o644 })
  chownSync(allowFile, MALLORY, MALLORY)
  expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(ABSENT))
})

whenHookBuilt('a link to the socket is refused, and the file beside it does not matter', async () => {
  writeFileSync(allowFile, 'allow\n', { mode: 0o644 })
  await using gate = await fakeGate((connection) => connection.write(finalFrame(0, '{}')))
  symlinkSync(gate.socket, socket)
  expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(REPLACED))
  expect(gate.requests).toEqual([])
  rmSync(socket)
  symlinkSync(join(folder.path, 'nowhere'), socket)
  expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(REPLACED))
})

whenHookBuilt('a file or a folder in the place of the socket is refused', async () => {
  writeFileSync(allowFile, 'allow\n', { mode: 0o644 })
  writeFileSync(socket, '')
  expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(REPLACED))
  rmSync(socket)
  mkdirSync(socket)
  expect(await runHook(['--socket', socket, 'gemini-cli'])).toEqual(no(REPLACED))
})

whenHookBuilt('a file in the place of the folder is no absent gate', async () => {
  writeFileSync(allowFile, 'allow\n', { mode: 0o644 })
  expect(await runHook(['--socket', join(allowFile, 'hooks.sock'), 'gemini-cli'])).toEqual(no(UNREACHABLE))
})
