import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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

const isRoot = process.geteuid?.() === 0

test.each(['data', 'data/directory', 'data/tpm'])(
  'a folder %s that another user left is refused, with what to do',
  async (name) => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    const other = join(folder.path, name)
    mkdirSync(other, { recursive: true, mode: 0o700 })
    if (isRoot) chownSync(other, 4242, 4242)
    // An ordinary user can make none of another's: one of the system's is none of theirs.
    const asked = isRoot ? data : '/usr/share'
    const [shown, owner] = isRoot ? [other, 'user 4242'] : [asked, 'root, as after a start with sudo']
    await expect(prepareFolders(asked)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: `"${shown}" belongs to ${owner}: remove it (sudo rm -r ${asked}), or choose another folder with --data`,
    })
  },
)

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

test('what the system says of a file has a code and a way out', () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  // A file where a folder has to be.
  mkdirSync(join(data, 'directory'), { recursive: true, mode: 0o700 })
  writeFileSync(join(data, 'directory', 'trust-anchors'), '')
  const main = resolve(import.meta.dirname, '../../src/main-start.ts')
  const args = [main, '--once', '--no-install', '--data', data]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(
      /npm start: E\w+: .*trust-anchors.*: check the disk of .*data, or choose another folder with --data \(STORE_FAILED\)\n$/,
    ),
  })
})
