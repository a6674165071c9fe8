import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { buildForDarwin } from '../../../scripts/build-native-darwin.ts'
import type { DarwinAddon } from '../../../src/system/platform/darwin.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/**
 * The addon for macOS. It was never run on a Mac: here its code runs with a libSystem of the test, and the file for macOS is made and
 * read.
 */

const ROOT = join(import.meta.dirname, '../../..')
const SOURCES = join(ROOT, 'native/darwin')
const HEADERS = join(ROOT, `node_modules/node-${process.platform}-${process.arch}/include/node`)

const withGcc = existsSync('/usr/bin/gcc') && existsSync(HEADERS) ? describe : describe.skip
withGcc('its code, with a libSystem of the test', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  const path = join(folder.path, 'addon.node')
  const units = readdirSync(SOURCES).filter((name) => name.endsWith('.c'))
  const args = [
    ...['-std=c11', '-O1', '-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror', '-fno-builtin'],
    ...['-DBUILDING_NODE_EXTENSION', `-I${HEADERS}`, '-o', path],
    ...units.map((name) => join(SOURCES, name)),
    join(ROOT, 'test/support/platforms/darwin/lib-system.c'),
  ]
  let addon: DarwinAddon

  beforeAll(() => {
    const { status, stderr } = spawnSync('/usr/bin/gcc', args, { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    addon = createRequire(import.meta.url)(path)
  })

  test('lists as many processes as fit', () => {
    const bytes = Buffer.alloc(16)
    expect([addon.listPids(bytes), bytes.readInt32LE(4)]).toEqual([12, 77])
    expect(addon.listPids(Buffer.alloc(7))).toBe(4)
    expect(addon.listPids(Buffer.alloc(0))).toBe(0)
  })

  test('a process is read whole or not at all', () => {
    const bytes = Buffer.alloc(136)
    expect([addon.readProcess(77, bytes), bytes[135]]).toEqual([78, 3])
    expect(addon.readProcess(3, bytes)).toBe(0)
    expect([addon.readProcess(1, bytes), addon.readProcess(2, bytes)]).toEqual([-1, -1])
    expect(addon.readProcess(77, Buffer.alloc(135))).toBe(-1)
  })

  test('paths are answered with their length', () => {
    const bytes = Buffer.alloc(64)
    const text = (length: number) => bytes.toString('utf8', 0, length)
    expect(text(addon.executable(77, bytes))).toBe('/usr/local/bin/claude')
    expect(text(addon.workingFolder(77, bytes))).toBe('/Users/ann')
    expect([addon.executable(1, bytes), addon.workingFolder(1, bytes), addon.workingFolder(2, bytes)]).toEqual([
      ...[-1, -1, -1],
    ])
    expect(addon.workingFolder(77, Buffer.alloc(9))).toBe(-1)
    expect(text(addon.systemText('kern.bootsessionuuid', bytes))).toBe('5F1C')
    expect(addon.systemText('kern.other', bytes)).toBe(-1)
    expect(addon.systemText('kern.bootsessionuuid', Buffer.alloc(4))).toBe(-1)
  })

  test('arguments, structures and descriptors are passed on', () => {
    const bytes = Buffer.alloc(96)
    expect([addon.arguments(77, bytes), addon.arguments(1, bytes)]).toEqual([4, -1])
    expect([addon.processInfo(77, 4, bytes), bytes[95], addon.processInfo(1, 4, bytes)]).toEqual([96, 4, 0])
    expect([addon.descriptorInfo(77, 5, 2, bytes), bytes[0], addon.descriptorInfo(1, 5, 2, bytes)]).toEqual([96, 7, 0])
  })

  test('what Apple may take away is missing without a crash', () => {
    const bytes = Buffer.alloc(4)
    expect([addon.suspendProcess(77), addon.suspendProcess(78)]).toEqual([0, 1])
    expect(addon.resumeProcess(77)).toBe(78)
    expect([addon.responsiblePid(77), addon.responsiblePid(78)]).toEqual([12, -1])
    expect([addon.codeSignature(77, 11, bytes), bytes[3], addon.codeSignature(78, 11, bytes)]).toEqual([0, 11, -1])
  })

  test('looks at files without following a link, and returns errors', () => {
    const bytes = Buffer.alloc(40)
    const look = (path: string) => [addon.fileStat(path, bytes), bytes.readDoubleLE(0)]
    expect(look('/Users/ann/file')).toEqual([0, 0o100644])
    expect([8, 16, 24, 32].map((at) => bytes.readDoubleLE(at))).toEqual([42, 501, 20, 1_500])
    // A link at the end is told; one on the way is refused.
    expect(look('/Users/ann/link')).toEqual([0, 0o120777])
    expect(addon.fileStat('/link/file', bytes)).toBe(-62)
    expect([addon.fileStat('/private', bytes), addon.fileStat('/gone', bytes)]).toEqual([-1, -2])
    expect(addon.fileStat('/Users/ann/file', Buffer.alloc(39))).toBe(-5)
  })

  test('lists the names of a folder with their kinds, or returns the room they need', () => {
    const bytes = Buffer.alloc(64)
    const length = addon.fileList('/Users/ann', bytes)
    expect(bytes.toString('latin1', 0, length)).toBe('\x04.\0\x04..\0\x08file\0\x0alink\0')
    expect(addon.fileList('/Users/ann', Buffer.alloc(10))).toBe(length)
    expect(['/private', '/gone', '/broken'].map((path) => addon.fileList(path, bytes))).toEqual([-1, -2, -5])
  })

  test('a link says where it leads, where all of that fits', () => {
    const bytes = Buffer.alloc(64)
    const length = addon.fileLink('/Users/ann/link', bytes)
    expect(bytes.toString('latin1', 0, length)).toBe('../bob/file')
    expect(addon.fileLink('/Users/ann/link', Buffer.alloc(length))).toBe(-5)
    expect(['/Users/ann/file', '/gone/link', '/private/link'].map((path) => addon.fileLink(path, bytes))).toEqual([
      ...[-22, -2, -1],
    ])
  })

  test('mounts, peers, logins and notifications', () => {
    const mounts = Buffer.alloc(4 * 2_168)
    expect([addon.listMounts(mounts), mounts[3 * 2_168 - 1], mounts[3 * 2_168]]).toEqual([3, 109, 0])
    expect(addon.listMounts(Buffer.alloc(2_168))).toBe(3)
    const token = Buffer.alloc(32)
    expect([addon.peerToken(9, token), token[31], addon.peerToken(8, token)]).toEqual([32, 116, -1])
    expect(addon.peerToken(9, Buffer.alloc(31))).toBe(-1)
    expect([addon.listLogins(Buffer.alloc(2_000)), addon.listLogins(Buffer.alloc(1_279))]).toEqual([1_280, 640])
    expect([addon.announce('ready'), addon.announce('other')]).toEqual([0, 7])
  })

  test.each<[string, () => unknown]>([
    ['no arguments', () => call('listPids')],
    ['a text for bytes', () => call('listPids', 'x')],
    ['bytes of another kind', () => call('listPids', new Uint16Array(4))],
    ['a text for a number', () => call('readProcess', 'x', Buffer.alloc(136))],
    ['too few arguments', () => call('descriptorInfo', 1, 2, Buffer.alloc(8))],
    ['a number for a name', () => call('systemText', 7, Buffer.alloc(8))],
    ['a name with a NUL', () => call('systemText', 'kern\0.osrelease', Buffer.alloc(8))],
    ['a name that is too long', () => call('announce', 'x'.repeat(128))],
    ['a path that is too long', () => call('fileStat', `/${'x'.repeat(1_024)}`, Buffer.alloc(40))],
    ['a path with a NUL', () => call('fileList', '/Users\0/ann', Buffer.alloc(40))],
    ['nothing to suspend', () => call('suspendProcess')],
    ['a text to suspend', () => call('suspendProcess', '77')],
  ])('refuses %s', (_, use) => expect(use).toThrow(/^expected /))

  function call(name: string, ...given: readonly unknown[]): unknown {
    const use: unknown = Object.entries(addon).find(([key]) => key === name)?.[1]
    if (typeof use !== 'function') throw new Error(`${name} is missing`)
    return use(...given)
  }
})

const withClang = existsSync('/usr/bin/clang-19') && existsSync('/usr/bin/ld64.lld-19') ? describe : describe.skip
withClang('its file for macOS', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  const output = join(folder.path, 'surety-native-darwin.node')
  const library = join(SOURCES, 'libSystem.tbd')
  const addon = { form: 'addon', sources: SOURCES, library, headers: HEADERS, output } as const

  test('is made for both processors, and signed ad hoc', () => {
    expect(buildForDarwin({ ...addon, force: true })).toBe(true)
    const images = imagesIn(readFileSync(output))
    expect(images.map(({ processor }) => processor).sort()).toEqual(['arm64', 'x86_64'])
    for (const image of images) expect(image).toMatchObject({ kind: 'bundle', isAdHocSigned: true })
  })

  test('so is the canary, a program', () => {
    const canary = { ...addon, form: 'program', sources: join(SOURCES, 'canary'), force: true } as const
    const program = join(folder.path, 'surety-canary-darwin')
    expect(buildForDarwin({ ...canary, output: program })).toBe(true)
    const images = imagesIn(readFileSync(program))
    expect(images.map(({ processor }) => processor).sort()).toEqual(['arm64', 'x86_64'])
    for (const image of images) expect(image).toMatchObject({ kind: 'program', isAdHocSigned: true })
  })

  test('needs nothing but Node and what libSystem.tbd names', () => {
    const { stdout, status } = spawnSync('/usr/bin/llvm-nm-19', ['-u', '-j', '--arch=all', output], {
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    const missing = new Set(stdout.split('\n').filter((line) => line.startsWith('_') && !line.startsWith('_napi_')))
    const named = new Set(readFileSync(library, 'utf8').match(/_[A-Za-z0-9_$]+/g))
    expect([...missing].filter((name) => !named.has(name))).toEqual([])
    expect(missing.size).toBeGreaterThan(10)
  })

  test('is not made again while nothing changes', () => {
    const before = statSync(output).mtimeMs
    expect(buildForDarwin({ ...addon, force: false })).toBe(true)
    expect(statSync(output).mtimeMs).toBe(before)
  })
})

/** A universal file; see mach-o/fat.h and mach-o/loader.h. */
function imagesIn(file: Buffer) {
  expect(file.readUInt32BE(0)).toBe(0xcafebabe)
  return Array.from({ length: file.readUInt32BE(4) }, (_, index) => {
    const at = 8 + index * 20
    return imageOf(file.subarray(file.readUInt32BE(at + 8), file.readUInt32BE(at + 8) + file.readUInt32BE(at + 12)))
  })
}

const PROCESSORS: Readonly<Record<number, string>> = { 16777228: 'arm64', 16777223: 'x86_64' }
const KINDS: Readonly<Record<number, string>> = { 2: 'program', 8: 'bundle' }
const LC_CODE_SIGNATURE = 0x1d
const CODE_DIRECTORY = 0xfade0c02
const IS_AD_HOC = 2

function imageOf(image: Buffer) {
  expect(image.readUInt32LE(0)).toBe(0xfeedfacf)
  let signature: Buffer | undefined
  for (let at = 32, left = image.readUInt32LE(16); left > 0; left--) {
    if (image.readUInt32LE(at) === LC_CODE_SIGNATURE) signature = image.subarray(image.readUInt32LE(at + 8))
    at += image.readUInt32LE(at + 4)
  }
  // A super blob: a count, then kind and place of each blob. The first one is the code directory, with its flags.
  const directory = signature?.subarray(signature.readUInt32BE(16))
  return {
    processor: PROCESSORS[image.readUInt32LE(4)],
    kind: KINDS[image.readUInt32LE(12)],
    isAdHocSigned:
      directory?.readUInt32BE(0) === CODE_DIRECTORY && (directory.readUInt32BE(12) & IS_AD_HOC) === IS_AD_HOC,
  }
}
