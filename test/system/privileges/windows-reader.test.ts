import { once } from 'node:events'
import { fstatSync, openSync } from 'node:fs'
import { connect, createServer, Socket } from 'node:net'
import { join } from 'node:path'
import { startRestricted, type WindowsReaderAddon } from '../../../src/system/privileges/windows-reader.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ANN = 'S-1-5-21-1-2-3-1001'
const BOB = 'S-1-5-21-1-2-3-1002'
const SYSTEM = 'S-1-5-18'
const INIT = { path: 'C:\\Program Files\\Surety\\node.exe', args: ['--x', 'C:\\a b\\', 'say "hi"', ''] }

/** What Windows is asked, with descriptors that lead nowhere. */
function addonOf(
  own: string,
  init: { sessions?: () => readonly { session: number; userId: string }[]; error?: number } = {},
) {
  const started: unknown[] = []
  let end = (_code: number) => {}
  let kills = 0
  const addon: WindowsReaderAddon = {
    ownToken: () => ({ userId: own }),
    restrictedSessions: init.sessions ?? (() => []),
    restrictedStart(session, application, commandLine, memoryBytes, onExit) {
      started.push({ session, application, commandLine, memoryBytes })
      end = onExit
      if (init.error !== undefined) return init.error
      return {
        pid: 7,
        stdin: openSync('/dev/null', 'r+'),
        stdout: openSync('/dev/null', 'r+'),
        kill() {
          kills++
          end(1)
        },
      }
    },
  }
  return { addon, started, end: (code: number) => end(code), kills: () => kills }
}

const nothing = () => new Socket()

test.each([
  ['the user of a session has that token', SYSTEM, ANN, 3],
  ['a user without a session is read with our own', SYSTEM, BOB, -1],
  ['LocalSystem reads its own home', SYSTEM, SYSTEM, -1],
  ['an ordinary user reads their own home', ANN, ANN, -1],
])('%s', async (_, own, user, session) => {
  const sessions = () => [
    { session: 1, userId: 'S-1-5-21-1-2-3-1009' },
    { session: 3, userId: ANN },
  ]
  const { addon, started, end } = addonOf(own, { sessions })
  const program = await startRestricted({ addon, openSocket: nothing })(INIT, { id: user })
  expect(started).toEqual([
    {
      session,
      application: INIT.path,
      memoryBytes: 2 * 1024 ** 3,
      commandLine: '"C:\\Program Files\\Surety\\node.exe" --x "C:\\a b\\\\" "say \\"hi\\"" ""',
    },
  ])
  end(3)
  expect([program.pid, await program.exit]).toEqual([7, { exitCode: 3, signal: undefined }])
})

test('uses our own token, further restricted, when sessions cannot be listed', async () => {
  const sessions = () => {
    throw new Error('error 1722')
  }
  const { addon, started } = addonOf(SYSTEM, { sessions })
  await using _ = await startRestricted({ addon, openSocket: nothing })(INIT, { id: ANN })
  expect(started).toEqual([expect.objectContaining({ session: -1 })])
})

test('one user does not start a reader for another', async () => {
  const { addon, started } = addonOf(ANN)
  expect(await codeThrown(() => startRestricted({ addon })(INIT, { id: BOB }))).toBe('NOT_PERMITTED')
  expect(started).toEqual([])
})

test('a child that Windows does not start is a failure that names the error', async () => {
  const { addon } = addonOf(ANN, { error: 1314 })
  await expect(startRestricted({ addon })(INIT, { id: ANN })).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringContaining('error 1314'),
  })
})

test('a child without pipes is killed, and its descriptors are closed', async () => {
  const { addon, kills } = addonOf(ANN)
  const opened: number[] = []
  const openSocket = (descriptor: number) => {
    opened.push(descriptor)
    throw new Error('EBADF')
  }
  expect(await codeThrown(() => startRestricted({ addon, openSocket })(INIT, { id: ANN }))).toBe('COMMAND_FAILED')
  expect([kills(), opened.length]).toEqual([1, 1])
  expect(() => fstatSync(opened[0] ?? 0)).toThrow('EBADF')
})

test('a child is talked to through its pipes and killed when it is given up', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const server = createServer((socket) => socket.pipe(socket)).listen(path)
  await once(server, 'listening')
  const echo = connect(path)
  const { addon, kills } = addonOf(ANN)
  {
    await using program = await startRestricted({ addon, openSocket: () => echo })(INIT, { id: ANN })
    program.stdin?.write('hello')
    if (program.stdout !== undefined) expect(String((await once(program.stdout, 'data'))[0])).toBe('hello')
  }
  expect(kills()).toBe(1)
  echo.destroy()
  server.close()
})
