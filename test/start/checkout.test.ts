import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, lchownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { requireTrustedCheckout } from '../../src/start/checkout.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const OTHER = 4242
const ROOT = resolve(import.meta.dirname, '../..')
const asRoot = process.geteuid?.() === 0 ? test : test.skip

/** As much of a checkout as is looked at before anything is made. */
function checkout(folder: string): string {
  mkdirSync(join(folder, 'src/discovery/catalogue'), { recursive: true })
  mkdirSync(join(folder, 'scripts'))
  for (const path of ['src/main-start.ts', 'scripts/test.ts', 'src/discovery/catalogue/catalogue.json']) {
    writeFileSync(join(folder, path), '')
  }
  copyFileSync(join(ROOT, 'scripts/run.cjs'), join(folder, 'scripts/run.cjs'))
  return join(folder, 'src/discovery/catalogue/catalogue.json')
}

test('a checkout of ours is trusted', () => {
  using folder = temporaryFolder()
  checkout(folder.path)
  expect(() => requireTrustedCheckout(join(folder.path, 'src'))).not.toThrow()
})

test('one that others may write is refused before anything is made, with what to run', () => {
  using folder = temporaryFolder()
  const catalogue = checkout(folder.path)
  chmodSync(catalogue, 0o666)
  expect(() => requireTrustedCheckout(join(folder.path, 'src'))).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: `the daemon would not run from here: "${catalogue}" could have been written by another user: all users may write it (mode 666): chmod -R go-w ${folder.path}`,
    }),
  )
})

asRoot('(root) one of another user is refused, with what to do', () => {
  using folder = temporaryFolder()
  const catalogue = checkout(folder.path)
  chownSync(catalogue, OTHER, OTHER)
  expect(() => requireTrustedCheckout(join(folder.path, 'src'))).toThrow(
    /it belongs to user 4242, not to root or to us: clone it anew, as the user who runs it$/,
  )
})

asRoot.each([
  ['npm start', 'src/main-start.ts'],
  ['npm test', 'scripts/test.ts'],
])('(root) %s in the clone of a user is refused in the first line, and makes nothing', (command, script) => {
  using folder = temporaryFolder()
  checkout(folder.path)
  for (const each of readdirSync(folder.path, { recursive: true }))
    lchownSync(join(folder.path, String(each)), OTHER, OTHER)
  const before = readdirSync(folder.path, { recursive: true })
  const run = join(folder.path, 'scripts/run.cjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [run, script], { cwd: folder.path, encoding: 'utf8' })
  expect({ status, stdout, lines: stderr.split('\n') }).toEqual({
    ...{ status: 1, stdout: '' },
    lines: [
      `${command}: this checkout belongs to user 4242, and as root suretyd trusts only files of root.`,
      `Run ${command} without sudo, or from a clone of root's own: sudo git clone URL /opt/surety`,
      '',
    ],
  })
  expect(readdirSync(folder.path, { recursive: true })).toEqual(before)
})

asRoot('(root) other commands are run there as ever', () => {
  using folder = temporaryFolder()
  checkout(folder.path)
  for (const each of readdirSync(folder.path, { recursive: true }))
    lchownSync(join(folder.path, String(each)), OTHER, OTHER)
  const run = join(folder.path, 'scripts/run.cjs')
  const { stderr } = spawnSync(process.execPath, [run, 'src/main-cli.ts'], { cwd: folder.path, encoding: 'utf8' })
  expect(stderr).toMatch(/^the pinned runtime is missing/)
})
