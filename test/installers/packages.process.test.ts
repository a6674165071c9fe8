import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { lintPackages } from '../../installers/lint.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** What `npm run package` writes, as the tools of both kinds of packages read it. Installing them is in `test/installed/`. */

const ROOT = resolve(import.meta.dirname, '../..')
const TOOLS = [
  '/usr/bin/dpkg-deb',
  '/usr/bin/rpmbuild',
  '/usr/bin/createrepo_c',
  '/usr/bin/strip',
  '/usr/bin/lintian',
  '/usr/bin/rpmlint',
]
const missing = TOOLS.find((path) => !existsSync(path))
const whenPossible = missing === undefined ? test : test.skip
const folder = temporaryFolder()
const out = join(folder.path, 'packages')
const otherOut = join(folder.path, 'built elsewhere')
afterAll(() => folder[Symbol.dispose]())

const ask = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

interface Packaged {
  readonly mode: string
  readonly owner: string
  readonly path: string
}

function filesOfDeb(path: string): readonly Packaged[] {
  return ask('/usr/bin/dpkg-deb', '--contents', path)
    .split('\n')
    .flatMap((line) => {
      const [, mode = '', owner = '', name = ''] = /^(\S+) +(\S+) +\d+ \S+ \S+ \.(\/.*)$/.exec(line) ?? []
      return name === '' || name.endsWith('/') ? [] : [{ mode, owner, path: name }]
    })
}

function filesOfRpm(path: string): readonly Packaged[] {
  const format = '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\\n]'
  return ask('/usr/bin/rpm', '-qp', '--queryformat', format, path)
    .split('\n')
    .flatMap((line) => {
      const [mode = '', owner = '', name = ''] = line.split(' ')
      return name === '' || mode.startsWith('d') ? [] : [{ mode, owner, path: name }]
    })
}

const byPath = (one: Packaged, other: Packaged) => (one.path < other.path ? -1 : 1)

const package_ = async (to: string, umask: string, zone: string) => {
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/package.ts'), '--fast', '--out', to]
  const command = [
    '-c',
    `umask ${umask}; exec "$@"`,
    'sh',
    process.execPath,
    ...args,
    '--version',
    '1.2.3',
    'deb',
    'rpm',
  ]
  await promisify(execFile)('/bin/sh', command, { env: { ...process.env, TZ: zone, SOURCE_DATE_EPOCH: '1795000000' } })
}

beforeAll(async () => {
  if (missing !== undefined) return
  const builds = [package_(out, '022', 'UTC'), package_(otherOut, '077', 'Asia/Kolkata')]
  // One that fails does not leave the other running.
  for (const result of await Promise.allSettled(builds)) if (result.status === 'rejected') throw result.reason
}, 180_000)

whenPossible('two builds are equal, byte for byte', () => {
  expect(() => ask('/usr/bin/diff', '--recursive', '--brief', out, otherOut)).not.toThrow()
})

whenPossible(`both kinds hold the same files, which only root may change${missing ?? ''}`, () => {
  for (const name of ['surety', 'surety-directory']) {
    const deb = filesOfDeb(join(out, `${name}_1.2.3_amd64.deb`)).toSorted(byPath)
    expect(filesOfRpm(join(out, `${name}-1.2.3-1.x86_64.rpm`)).toSorted(byPath)).toEqual(deb)
    expect(deb.filter(({ owner, mode }) => owner !== 'root/root' || /^.{5}w|^.{8}w/.test(mode))).toEqual([])
    const runnable = deb.filter(({ mode }) => mode.includes('x')).map(({ path }) => path)
    expect(deb.map(({ path }) => path)).toContain(`/usr/share/doc/${name}/THIRD-PARTY-NOTICES.gz`)
    expect(runnable).toContain(`/usr/lib/${name}/bin/node`)
    expect(runnable.includes('/usr/lib/surety/suretyd/surety-hook')).toBe(name === 'surety')
    expect(runnable.every((path) => /\/s?bin\/|\/surety-(exec-gate|canary|hook)$/.test(path))).toBe(true)
  }
  expect(readFileSync(join(out, 'apt/dists/stable/Release'), 'utf8')).toMatch(
    /^ [0-9a-f]{64} \d+ main\/binary-amd64\/Packages$/m,
  )
  expect(existsSync(join(out, 'rpm/repodata/repomd.xml'))).toBe(true)
  expect(
    execFileSync('/usr/bin/sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' }),
  ).not.toContain('FAILED')
  const bill = JSON.parse(readFileSync(join(out, 'surety.cdx.json'), 'utf8'))
  expect(bill.bomFormat).toBe('CycloneDX')
  expect(bill.components.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['ws', 'openssl']))
})

/** Unpacked, with a small program in the place of Node, which takes lintian most of its time; changed, and packed again. */
function repacked(name: string, change: (folder: string) => void = () => undefined): string {
  const [unpacked, path] = [join(folder.path, name), join(folder.path, `${name}.deb`)]
  ask('/usr/bin/dpkg-deb', '--raw-extract', join(out, 'surety_1.2.3_amd64.deb'), unpacked)
  const node = join(unpacked, 'usr/lib/surety/bin/node')
  copyFileSync(join(unpacked, 'usr/lib/surety/suretyd/surety-exec-gate'), node)
  change(unpacked)
  ask('/usr/bin/dpkg-deb', '--root-owner-group', '-Zgzip', '-z1', '--build', unpacked, path)
  return path
}

whenPossible('the licence of musl goes with the hook that is linked with it', () => {
  const unpacked = join(folder.path, 'notices')
  ask('/usr/bin/dpkg-deb', '--extract', join(out, 'surety_1.2.3_amd64.deb'), unpacked)
  const notices = gunzipSync(readFileSync(join(unpacked, 'usr/share/doc/surety/THIRD-PARTY-NOTICES.gz'))).toString()
  const isStatic = !readFileSync(join(unpacked, 'usr/lib/surety/suretyd/surety-hook')).includes('ld-linux')
  expect(notices.includes('Rich Felker')).toBe(isStatic)
})

whenPossible(
  'lintian and rpmlint have nothing to say that is not explained',
  () => {
    expect(() => lintPackages([repacked('whole'), join(out, 'surety-1.2.3-1.x86_64.rpm')])).not.toThrow()
  },
  120_000,
)

whenPossible(
  'lintian refuses a file that all can write, and a script that is not sh',
  () => {
    const wrong = repacked('wrong', (to) => {
      chmodSync(join(to, 'usr/lib/surety/version'), 0o666)
      writeFileSync(join(to, 'DEBIAN/postinst'), '#!/bin/sh\nif\n')
    })
    expect(() => lintPackages([wrong])).toThrow(/script-fails-syntax-check[\s\S]*non-standard-file-perm/)
  },
  120_000,
)

whenPossible('a kind that it does not know is refused before anything is built', () => {
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/package.ts'), 'snap', '--out', out]
  expect(() => execFileSync(process.execPath, args, { stdio: 'pipe' })).toThrow('no such kind of package: snap')
})
