import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { darwinMounts } from '../../../../src/system/mounts/darwin.ts'
import { darwinProgramResolver } from '../../../../src/system/processes/darwin/program-resolver.ts'
import { fakeDarwinFiles } from '../../../support/platforms/darwin/files.ts'
import { mirroredDarwinAddon } from '../../../support/platforms/darwin/mirrored-addon.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const PROCESS = { pid: 8, startTicks: 80, userId: '501' }
const MANIFEST = '{"name":"@acme/agent","bin":"cli.js"}'

const temporary = temporaryFolder()
afterAll(() => temporary[Symbol.dispose]())
const root = realpathSync(temporary.path)
const at = (name: string) => join(root, name)

function write(name: string, text: string): void {
  mkdirSync(dirname(at(name)), { recursive: true })
  writeFileSync(at(name), text)
}

function link(name: string, target: string): void {
  mkdirSync(dirname(at(name)), { recursive: true })
  symlinkSync(target, at(name))
}

const share = { mountPoint: at('share'), type: 'smbfs', owner: 501, local: false }
const mounts = darwinMounts({ addon: mirroredDarwinAddon({ mounts: [{ type: 'apfs', mountPoint: '/' }, share] }) })
const files = fakeDarwinFiles({ refused: (path) => path.includes('/Library/Mail') || path.startsWith(at('share/')) })
const asked: string[] = []
const addon: typeof files = {
  ...files,
  fileStat(path, bytes) {
    asked.push(path)
    return files.fileStat(path, bytes)
  },
}
const resolver = darwinProgramResolver({ addon, mounts })
const resolve = (path: string, manifest = true) => resolver.resolve(PROCESS, path, { kind: 'script', manifest })

beforeAll(() => {
  write('Cellar/agent/1.2.3/libexec/node_modules/@acme/agent/cli.js', '')
  write('Cellar/agent/1.2.3/libexec/node_modules/@acme/agent/package.json', MANIFEST)
  write('Cellar/agent/1.2.3/libexec/package.json', '{"name":"above"}')
  link('Cellar/agent/1.2.3/bin/agent', '../libexec/node_modules/@acme/agent/./cli.js')
  link('bin/agent', at('Cellar/agent/1.2.3/bin/agent'))
  link('opt', 'bin')
  write('plain/dist/package.json', '{"type":"module"}')
  write('plain/dist/cli.js', '')
  write('plain/package.json', MANIFEST)
  write('bare/node_modules/cli.js', '')
  write('bare/package.json', MANIFEST)
  write('large/package.json', `{"name":"${'x'.repeat(64 * 1024)}"}`)
  write('large/cli.js', '')
  write('linked/cli.js', '')
  link('linked/package.json', at('plain/package.json'))
  write('share/cli.js', '')
  link('away', at('share/cli.js'))
  link('round', 'round')
  write('Library/Mail/cli.js', '')
})

test('a script is where its links lead, with its package', () => {
  const folder = at('Cellar/agent/1.2.3/libexec/node_modules/@acme/agent')
  const found = { path: join(folder, 'cli.js'), manifest: { folder, text: MANIFEST } }
  expect(resolve(at('bin/agent'))).toEqual(found)
  expect(resolve(`${root}//opt/../opt/./agent`)).toEqual({ ...found })
})

test('without a wish for a manifest none is looked for', () => {
  asked.length = 0
  expect(resolve(at('plain/dist/cli.js'), false)).toEqual({ path: at('plain/dist/cli.js') })
  expect(asked.some((path) => path.endsWith('package.json'))).toBe(false)
})

test('a manifest without a name is passed over', () => {
  expect(resolve(at('plain/dist/cli.js'))).toEqual({
    path: at('plain/dist/cli.js'),
    manifest: { folder: at('plain'), text: MANIFEST },
  })
})

test.each([
  ['above node_modules', 'bare/node_modules/cli.js'],
  ['that is too large', 'large/cli.js'],
  ['that is a link', 'linked/cli.js'],
])('a manifest %s is none', (_, name) => expect(resolve(at(name))).toEqual({ path: at(name) }))

test.each([
  ['what is not there', at('plain/gone.js')],
  ['a folder', at('plain')],
  ['what lies below a file', at('plain/dist/cli.js/x')],
  ['a link that leads nowhere', at('round')],
  ['what macOS keeps private', at('Library/Mail/cli.js')],
  ['a path that is not absolute', 'cli.js'],
  ['a path with a NUL', `${at('plain')}\0/cli.js`],
  ['the root', '/'],
  ['nothing', ''],
])('%s is not resolved', (_, path) => expect(resolve(path)).toBeUndefined())

test('asks nothing of a network mount, nor where the mounts are unknown', () => {
  asked.length = 0
  expect([resolve(at('away')), resolve(at('share/cli.js'))]).toEqual([undefined, undefined])
  expect(asked.filter((path) => path.startsWith(at('share')))).toEqual([])
  const blind = darwinProgramResolver({ addon, mounts: { local: () => undefined } })
  expect(blind.resolve(PROCESS, at('plain/dist/cli.js'), { kind: 'script', manifest: false })).toBeUndefined()
})
