import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main-daemon.ts')
const folder = temporaryFolder()
const CATALOGUE = join(folder.path, 'catalogue.json')
beforeAll(() => writeFileSync(CATALOGUE, JSON.stringify(builtInCatalogue())))
afterAll(() => folder[Symbol.dispose]())

/** Linux has `/dev/full`, to which every write fails as on a full disk. */
const onLinux = process.platform === 'linux' ? test : test.skip

function run(args: readonly string[], full: 'stdout' | 'stderr') {
  const descriptor = openSync('/dev/full', 'w')
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    stdio: full === 'stdout' ? ['ignore', descriptor, 'pipe'] : ['ignore', 'pipe', descriptor],
    encoding: 'utf8',
  })
  closeSync(descriptor)
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' }
}

onLinux.each([[['--version']], [['--help']], [['check-catalogue', CATALOGUE]]])(
  'exits with 1 and a message without a stack when output of %j cannot be written',
  (args) => {
    expect(run(args, 'stdout')).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^suretyd: the answer cannot be written: ENOSPC[^\n]*\n$/),
    })
  },
)

onLinux('keeps the exit code when an error message cannot be written', () => {
  expect(run(['run', '--nonsense'], 'stderr')).toEqual({ status: 2, stdout: '', stderr: '' })
})
