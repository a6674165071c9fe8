import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { BUS, connectSessionBus } from '../../../src/system/desktop/session-bus.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { hasBus, startBus } from '../../support/session-bus.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const userId = process.getuid?.() ?? 0
const connectTo = (address: string | undefined, folder?: string) =>
  connectSessionBus({
    environment: { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: folder },
    userId,
    timeoutMs: 300,
  })

test.each([
  ['no address', undefined],
  ['an empty address', ''],
  ['another transport', 'tcp:host=localhost,port=1'],
  ['an address without a path', 'unix:guid=1'],
  ['a socket that is not there', 'unix:path=/nowhere/bus'],
])('refuses %s', async (_, address) => {
  expect(await codeThrown(() => connectTo(address))).toBe('NOT_SUPPORTED')
})

test.each<[string, (socket: Socket) => void]>([
  ['lets no one in', (socket) => socket.write('REJECTED EXTERNAL\r\n')],
  ['closes the connection', (socket) => socket.destroy()],
  ['says nothing', () => undefined],
  ['never ends its line', (socket) => socket.write('x'.repeat(5000))],
  ['lets us in and then says nothing', (socket) => socket.write('OK 1234\r\n')],
  ['sends what is no message', (socket) => socket.write('OK 1234\r\nhello, hello, hello, hello')],
  [
    'sends a message of 4 GB',
    (socket) => socket.write(Buffer.concat([Buffer.from('OK 1\r\nl\x02\x00\x01'), Buffer.alloc(20, 0xff)])),
  ],
])('gives up a bus that %s', async (_, behave) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'bus')
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined).once('data', () => behave(socket))
  })
  server.listen(path)
  await once(server, 'listening')
  expect(await codeThrown(() => connectTo(`unix:path=${path}`))).toBe('NOT_SUPPORTED')
  for (const socket of sockets) socket.destroy()
  server.close()
})

const whenPossible = hasBus ? describe : describe.skip

whenPossible('with a real bus', () => {
  test('a call to a program that is not there, and the end of the bus', async () => {
    await using bus = await startBus()
    const connection = await bus.connect()
    const missing = { ...BUS, destination: 'org.surety.Nobody', member: 'Anything' }
    expect(await codeThrown(() => connection.call(missing))).toBe('NOT_FOUND')
    expect(await codeThrown(() => connection.call({ ...BUS, member: 'RequestName' }))).toBe('COMMAND_FAILED')
    await bus.end()
    await waitFor('the end', () => connection.closed.aborted)
    expect(await codeThrown(() => connection.call({ ...BUS, member: 'GetId' }))).toBe('COMMAND_FAILED')
  })

  const CLI = resolve(import.meta.dirname, '../../../src/main-cli.ts')
  const startTray = (environment: Readonly<Record<string, string>>) =>
    startProgram({
      path: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', CLI, 'tray', '--format', 'sni'],
      env: { ...environment, SURETY_SOCKET: '/nowhere/control.sock' },
      stderr: 'pipe',
    })

  test('surety tray --format sni: without a daemon, stays once a session until it ends', async () => {
    await using bus = await startBus()
    const panel = await bus.connect()
    const isThere = async () => {
      const [owned] = await panel.call({ ...BUS, member: 'NameHasOwner', signature: 's', body: ['org.surety.Tray'] })
      return owned === true
    }
    await using first = await startTray(bus.environment)
    await waitFor('the tray', isThere)
    await using second = await startTray(bus.environment)
    expect(await second.exit).toEqual({ exitCode: 0, signal: undefined })
    first.kill('SIGTERM')
    expect((await first.exit).exitCode).toBe(0)
    await waitFor('no tray', async () => !(await isThere()))
    await using third = await startTray(bus.environment)
    await waitFor('the next tray', isThere)
    await bus.end()
    expect((await third.exit).exitCode).toBe(0)
  })

  test('surety tray --format sni: without a session, fails with NOT_SUPPORTED', async () => {
    await using program = await startTray({})
    let said = ''
    program.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    expect((await program.exit).exitCode).toBe(1)
    await waitFor('the error', () => said.includes('[NOT_SUPPORTED]'))
  })
})
