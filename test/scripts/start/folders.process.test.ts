import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { prepareFolders } from '../../../scripts/start/session.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function socketsOf(data: string): Promise<[control: string, ownFolder: string]> {
  const { controlSocket, sockets } = await prepareFolders(data)
  rmSync(sockets, { recursive: true })
  return [controlSocket, sockets]
}

test('gives the control socket the same path at each start', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  expect([(await socketsOf(data))[0], (await socketsOf(data))[0]]).toEqual([
    join(data, 'control.sock'),
    join(data, 'control.sock'),
  ])
})

test('uses a short socket path if the data folder has a long one', async () => {
  using folder = temporaryFolder()
  const [control, sockets] = await socketsOf(join(folder.path, 'd'.repeat(100)))
  expect(control).toBe(join(sockets, 'control.sock'))
})

const isRoot = process.geteuid?.() === 0

test.each(['data', 'data/directory', 'data/tpm'])(
  'refuses a folder %s of another user, with what to do',
  async (name) => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    const other = join(folder.path, name)
    mkdirSync(other, { recursive: true, mode: 0o700 })
    if (isRoot) chownSync(other, 4242, 4242)
    // An ordinary user cannot create a folder of another user, so a system folder must do.
    const given = isRoot ? data : '/usr/share'
    const [shown, owner] = isRoot ? [other, 'user 4242'] : [given, 'root (from an earlier sudo?)']
    await expect(prepareFolders(given)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: `"${shown}" belongs to ${owner}: remove it (sudo rm -r ${given}), or choose another folder with --data`,
    })
  },
)

test('removes the folder of sockets after an early interrupt', () => {
  using folder = temporaryFolder()
  const [temporary, data] = [join(folder.path, 'tmp'), join(folder.path, 'data')]
  mkdirSync(temporary)
  // SIGHUP is the last signal for which it installs a listener.
  const interrupt = "if (name === 'SIGHUP') setImmediate(() => process.kill(process.pid, 'SIGINT'))"
  const interrupting = `data:text/javascript,${encodeURIComponent(`process.on('newListener', (name) => { ${interrupt} })`)}`
  const main = resolve(import.meta.dirname, '../../../scripts/start.ts')
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

test('adds a code and a remedy to errors of the file system', () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  // A file instead of a folder.
  mkdirSync(join(data, 'directory'), { recursive: true, mode: 0o700 })
  writeFileSync(join(data, 'directory', 'trust-anchors'), '')
  const main = resolve(import.meta.dirname, '../../../scripts/start.ts')
  const args = [main, '--once', '--no-install', '--data', data]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(
      /npm start: E\w+: .*trust-anchors.*: check the disk of .*data, or choose another folder with --data \[STORE_FAILED\]\n$/,
    ),
  })
})
