import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { billOfMaterials } from '../../installers/darwin/bom.ts'
import { cksum } from '../../installers/darwin/cksum.ts'
import { cpioArchive } from '../../installers/darwin/cpio.ts'
import { type Entry, entriesOf } from '../../installers/darwin/entries.ts'
import { stageMac } from '../../installers/darwin/package.ts'
import { makePkg } from '../../installers/darwin/pkg.ts'
import { signFile } from '../../installers/sign-file.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { readBill } from './read-bill.ts'

/** The package for macOS, as tools of Debian read it. It was never installed. */

const ROOT = resolve(import.meta.dirname, '../..')
const PYTHON = '/usr/bin/python3'
const XAR = '/usr/bin/xar'
const EPOCH = 1_790_000_000
const INIT = { version: '1.2.3', epoch: EPOCH, isCompressed: false }

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = (...names: readonly string[]) => join(folder.path, ...names)
const ask = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

/** Laid out like the real build, with small files in place of programs. */
function build(to: string): void {
  for (const name of ['suretyd/packages', 'surety', 'bin', 'Surety.app/Contents/MacOS'])
    mkdirSync(join(to, name), { recursive: true })
  const files = [
    'node',
    'Surety.app/Contents/MacOS/surety-tray',
    'surety/surety.mjs',
    'suretyd/suretyd.mjs',
    'suretyd/surety-native.node',
  ]
  const more = ['suretyd/packages/json5.cjs', 'suretyd/surety-canary-darwin', 'bin/surety', 'bin/surety-directory']
  for (const [index, name] of [...files, ...more].entries())
    writeFileSync(join(to, name), `${name}\n`.repeat(index + 1))
  for (const name of ['org.surety.suretyd.plist', 'org.surety.tray.plist', 'uninstall'])
    cpSync(join(ROOT, 'installers/darwin', name), join(to, name))
}

beforeAll(() => {
  build(at('built'))
  stageMac(at('staged'), at('built'))
  mkdirSync(at('out'))
  makePkg(at('staged'), at('out'), INIT)
})

const PKG = () => at('out/surety-1.2.3-arm64.pkg')
const PAYLOAD = [
  ...['.', './Library', './Library/LaunchAgents', './Library/LaunchAgents/org.surety.tray.plist'],
  ...['./Library/LaunchDaemons', './Library/LaunchDaemons/org.surety.suretyd.plist', './Library/Logs'],
  ...['./Library/Logs/Surety', './Library/Surety', './Library/Surety/LICENSE', './Library/Surety/Surety.app'],
  ...['./Library/Surety/Surety.app/Contents', './Library/Surety/Surety.app/Contents/MacOS'],
  ...['./Library/Surety/Surety.app/Contents/MacOS/surety-tray', './Library/Surety/THIRD-PARTY-NOTICES'],
  './Library/Surety/bin',
  ...['./Library/Surety/bin/surety', './Library/Surety/files', './Library/Surety/man', './Library/Surety/man/man1'],
  ...['./Library/Surety/man/man1/surety.1', './Library/Surety/man/man8', './Library/Surety/man/man8/suretyd.8'],
  ...['./Library/Surety/node', './Library/Surety/surety'],
  ...['./Library/Surety/surety/surety.mjs', './Library/Surety/suretyd', './Library/Surety/suretyd/packages'],
  ...['./Library/Surety/suretyd/packages/json5.cjs', './Library/Surety/suretyd/surety-canary-darwin'],
  ...[
    './Library/Surety/suretyd/surety-native.node',
    './Library/Surety/suretyd/suretyd.mjs',
    './Library/Surety/uninstall',
  ],
  ...['./private', './private/etc', './private/etc/manpaths.d', './private/etc/manpaths.d/surety'],
  ...['./private/etc/paths.d', './private/etc/paths.d/surety'],
]

/** Where each is one: Debian's, which check sums of all that they unpack. */
const whenXar = existsSync(XAR) && existsSync('/usr/bin/cpio') ? describe : describe.skip
whenXar('as Debian reads it', () => {
  const unpacked = (name: string) => readFileSync(at('unpacked', name))
  beforeAll(() => {
    mkdirSync(at('unpacked'))
    execFileSync(XAR, ['-xf', PKG(), '-C', at('unpacked')])
    for (const name of ['Payload', 'Scripts']) {
      mkdirSync(at(name))
      const input = gunzipSync(unpacked(`surety.pkg/${name}`))
      execFileSync('/usr/bin/cpio', ['--extract', '--quiet', '--preserve-modification-time'], { cwd: at(name), input })
    }
  })

  test('it holds the five parts of a package with one component', () => {
    const names = ['Distribution', 'surety.pkg', 'surety.pkg/Bom', 'surety.pkg/PackageInfo', 'surety.pkg/Payload']
    expect(ask(XAR, '-tf', PKG()).trim().split('\n').toSorted()).toEqual([...names, 'surety.pkg/Scripts'])
  })

  test('the payload is what was staged, of root and for root alone to change', () => {
    expect(entriesOf(at('Payload'))).toEqual(entriesOf(at('staged')))
    expect(entriesOf(at('Payload')).map(({ path }) => path)).toEqual(PAYLOAD)
    const input = gunzipSync(unpacked('surety.pkg/Payload'))
    const list = spawnSync('/usr/bin/cpio', ['--list', '--verbose', '--numeric-uid-gid'], { input, encoding: 'utf8' })
    const lines = list.stdout.trim().split('\n')
    expect(lines).toHaveLength(PAYLOAD.length)
    expect(lines.filter((line) => !/^[d-]rwxr-xr-x +\d+ 0 +0 |^-rw-r--r-- +\d+ 0 +0 /.test(line))).toEqual([])
    const programs = lines.filter((line) => line.startsWith('-rwx')).map((line) => line.split(' ').at(-1))
    expect(programs).toEqual(
      ['Surety.app/Contents/MacOS/surety-tray', 'bin/surety', 'node', 'suretyd/surety-canary-darwin', 'uninstall'].map(
        (name) => `./Library/Surety/${name}`,
      ),
    )
  })

  test('the bill of materials lists the payload with the sums of cksum', () => {
    const bill = readBill(unpacked('surety.pkg/Bom'))
    const expected = entriesOf(at('staged')).map(({ path, isFolder, mode, content }) => {
      const sum = isFolder ? 0 : Number(ask('/usr/bin/cksum', at('staged', path)).split(' ')[0])
      return {
        path,
        kind: isFolder ? 'folder' : 'file',
        mode,
        user: 0,
        group: 0,
        time: EPOCH,
        size: content.length,
        sum,
      }
    })
    const byPath = (one: { readonly path: string }, other: { readonly path: string }) =>
      one.path < other.path ? -1 : 1
    expect(bill.toSorted(byPath)).toEqual(expected.toSorted(byPath))
  })

  test('the descriptions say what it needs and how much there is', () => {
    const script =
      'import sys, json, xml.etree.ElementTree as E; print(json.dumps([[e.tag, e.attrib, (e.text or "").strip()] for e in E.parse(sys.argv[1]).iter()]))'
    const parse = (name: string) => JSON.parse(ask(PYTHON, '-c', script, at('unpacked', name)))
    const bytes = entriesOf(at('staged')).reduce((sum, { content }) => sum + content.length, 0)
    const kilobytes = String(Math.ceil(bytes / 1024))
    expect(parse('surety.pkg/PackageInfo')).toEqual([
      [
        'pkg-info',
        expect.objectContaining({
          identifier: 'org.surety.surety',
          version: '1.2.3',
          auth: 'root',
          'install-location': '/',
        }),
        '',
      ],
      ['payload', { numberOfFiles: String(PAYLOAD.length), installKBytes: kilobytes }, ''],
      ['scripts', {}, ''],
      ['preinstall', { file: './preinstall' }, ''],
      ['postinstall', { file: './postinstall' }, ''],
    ])
    const distribution = parse('Distribution')
    expect(distribution).toContainEqual(['os-version', { min: '13.0' }, ''])
    expect(distribution).toContainEqual([
      'options',
      expect.objectContaining({ hostArchitectures: 'arm64', rootVolumeOnly: 'true' }),
      '',
    ])
    expect(distribution.at(-1)).toEqual([
      'pkg-ref',
      expect.objectContaining({ version: '1.2.3', installKBytes: kilobytes }),
      '#surety.pkg',
    ])
  })

  test('the scripts are those of this version, and a shell reads them', () => {
    expect(entriesOf(at('Scripts')).map(({ path, mode }) => [path, mode & 0o777])).toEqual([
      ['.', 0o755],
      ['./postinstall', 0o755],
      ['./preinstall', 0o755],
    ])
    for (const name of ['preinstall', 'postinstall']) {
      const text = readFileSync(at('Scripts', name), 'utf8')
      expect([text.includes('@VERSION@'), text.includes('1.2.3')]).toEqual([false, true])
    }
    const scripts = ['scripts/preinstall', 'scripts/postinstall', 'uninstall', 'build-on-mac.sh']
    for (const name of scripts) execFileSync('/bin/sh', ['-n', join(ROOT, 'installers/darwin', name)])
  })

  test('the icon starts with a session that has a screen, and its list names what exists', () => {
    const read = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))'
    const list = JSON.parse(ask(PYTHON, '-c', read, at('Payload/Library/LaunchAgents/org.surety.tray.plist')))
    expect(list).toEqual({
      Label: 'org.surety.tray',
      ProgramArguments: ['/Library/Surety/Surety.app/Contents/MacOS/surety-tray'],
      RunAtLoad: true,
      LimitLoadToSessionType: 'Aqua',
      ProcessType: 'Interactive',
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
    })
    const rights = JSON.parse(ask(PYTHON, '-c', read, join(ROOT, 'installers/darwin/node-entitlements.plist')))
    expect(Object.keys(rights).every((key) => key.startsWith('com.apple.security.cs.'))).toBe(true)
  })
})

test('two builds are equal byte for byte, for any umask and clock', () => {
  const before = process.umask(0o077)
  try {
    build(at('again'))
    stageMac(at('staged-again'), at('again'))
    mkdirSync(at('out-again'))
  } finally {
    process.umask(before)
  }
  const again = makePkg(at('staged-again'), at('out-again'), INIT)
  expect(readFileSync(again).equals(readFileSync(PKG()))).toBe(true)
})

test('a package without the host of the icon starts none', () => {
  build(at('bare'))
  rmSync(at('bare/Surety.app'), { recursive: true })
  stageMac(at('staged-bare'), at('bare'))
  expect(existsSync(at('staged-bare/Library/LaunchAgents'))).toBe(false)
})

test.each(['1', '1.2.3.4', '1.2-rc', 'v1.2', '1.2.x', '', '1.2.3 ', '123456.1'])(
  'the version %j is refused',
  (version) => {
    expect(() => makePkg(at('staged'), at('out'), { ...INIT, version })).toThrow('no version of macOS')
    expect(existsSync(at(`out/surety-${version}-arm64.pkg`))).toBe(false)
  },
)

test('a link in the payload is refused', () => {
  mkdirSync(at('linked'))
  symlinkSync('/etc/passwd', at('linked/passwd'))
  expect(() => entriesOf(at('linked'))).toThrow('neither a file nor a folder')
})

test('a bill of many files is a tree of leaves', () => {
  const root: Entry = { path: '.', isFolder: true, mode: 0o040755, content: new Uint8Array() }
  const files = Array.from(
    { length: 700 },
    (_, index): Entry => ({ path: `./${index}`, isFolder: false, mode: 0o100644, content: Buffer.from(`${index}`) }),
  )
  const bill = readBill(billOfMaterials([root, ...files], EPOCH))
  const names = files.map(({ path, content }) => [path, cksum(content)] as const)
  const sorted = names.toSorted(([one], [other]) => (one < other ? -1 : 1))
  expect(bill.map(({ path, sum }) => [path, sum])).toEqual([['.', 0], ...sorted])
})

test.each(['', 'a', '\0', '\xff'.repeat(300), 'surety'.repeat(20_000)])('cksum %#', (text) => {
  const bytes = Buffer.from(text, 'latin1')
  const { stdout } = spawnSync('/usr/bin/cksum', { input: bytes, encoding: 'utf8' })
  expect(cksum(bytes)).toBe(Number(stdout.split(' ')[0]))
})

test('a file that the archive has no room for is refused', () => {
  const huge = {
    path: './huge',
    isFolder: false,
    mode: 0o100644,
    content: { length: 2 ** 33 } as unknown as Uint8Array,
  }
  expect(() => cpioArchive([huge], EPOCH)).toThrow('./huge is too large')
})

test('a signer that fails ends the build with what it said', () => {
  const file = at('signed')
  writeFileSync(file, 'program')
  writeFileSync(
    at('signer'),
    '#!/bin/sh\nif [ "$1" = "$(dirname "$0")/signed" ]; then echo signed >> "$1"; else echo no token >&2; exit 3; fi\n',
  )
  chmodSync(at('signer'), 0o755)
  signFile('SURETY_SIGN_MACOS', at('signer'), file)
  expect(readFileSync(file, 'utf8')).toBe('programsigned\n')
  expect(() => signFile('SURETY_SIGN_MACOS', at('signer'), at('other'))).toThrow(
    /^SURETY_SIGN_MACOS: .* did not sign .*: no token$/,
  )
  expect(() => signFile('SURETY_SIGN_MACOS', at('nosuch'), file)).toThrow('ENOENT')
})
