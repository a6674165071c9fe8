import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { prepareFolders } from '../../src/start/session.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function socketsOf(data: string): Promise<[control: string, ownFolder: string]> {
  const { controlSocket, sockets } = await prepareFolders(data)
  rmSync(sockets, { recursive: true })
  return [controlSocket, sockets]
}

test('the socket to ask the daemon at is the same at each start, so that a command that was kept still works', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  expect([(await socketsOf(data))[0], (await socketsOf(data))[0]]).toEqual([
    join(data, 'control.sock'),
    join(data, 'control.sock'),
  ])
})

test('below a path that is too long for a socket it has a short one', async () => {
  using folder = temporaryFolder()
  const [control, sockets] = await socketsOf(join(folder.path, 'd'.repeat(100)))
  expect(control).toBe(join(sockets, 'control.sock'))
})

test('a start that is interrupted before it has started anything leaves no folder of sockets', () => {
  using folder = temporaryFolder()
  const [temporary, data] = [join(folder.path, 'tmp'), join(folder.path, 'data')]
  mkdirSync(temporary)
  // The last of the signals that it listens for.
  const heard = "if (name === 'SIGHUP') setImmediate(() => process.kill(process.pid, 'SIGINT'))"
  const interrupting = `data:text/javascript,${encodeURIComponent(`process.on('newListener', (name) => { ${heard} })`)}`
  const main = resolve(import.meta.dirname, '../../src/main-start.ts')
  const { status } = spawnSync(
    process.execPath,
    ['--import', interrupting, main, '--once', '--no-install', '--data', data],
    { env: { ...process.env, TMPDIR: temporary } },
  )
  expect({ status, made: readdirSync(data).length > 0, left: readdirSync(temporary) }).toEqual({
    status: 130,
    made: true,
    left: [],
  })
})
