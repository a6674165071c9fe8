import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { linuxProgramResolver } from '../../../src/system/processes/linux/program-resolver.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { hostileForRoot } from '../hostile-program.ts'

/** The name of a program may lead to a file system that never answers, also while it is looked up. Nothing waits for it. */

const folder = temporaryFolder()
chmodSync(folder.path, 0o755)
afterAll(() => folder[Symbol.dispose]())
const { hostile, whenPossible } = hostileForRoot(folder.path, 'a program on a file system that hangs')
const isBuilt = existsSync(join(import.meta.dirname, '../../../native/build/surety-native.node'))
const whenBuilt = isBuilt ? whenPossible : test.skip
const at = (path: string) => `${folder.path}/${path}`

function write(path: string, content = ''): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}

function resolver() {
  const addon = loadNativeAddon()
  const self = linuxProcesses({ addon }).entry(process.pid)
  if (self === undefined) throw new Error('we run')
  const programs = linuxProgramResolver({ addon })
  return (path: string, kind: 'script' | 'executable' = 'script') =>
    programs.resolve(self, at(path), { kind, manifest: true })
}

whenBuilt('what lies on it is not asked for, by its own name or through links', async () => {
  mkdirSync(at('hung'))
  write('bin/plain.js')
  symlinkSync('../hung/agent.js', at('bin/agent'))
  symlinkSync('hung', at('alias'))
  symlinkSync('../hung/package.json', at('bin/package.json'))
  await using _ = await hostile?.start('hang', at('hung'), 'read')
  const resolve = resolver()
  // `late` says that it was asked, and a thread waits.
  for (const path of ['hung', 'hung/agent.js', 'bin/agent', 'alias/agent.js', 'hung/../bin/plain.js']) {
    expect([path, resolve(path)]).toEqual([path, undefined])
    expect([path, resolve(path, 'executable')]).toEqual([path, undefined])
  }
  expect(resolve('bin/plain.js')).toEqual({ path: at('bin/plain.js') })
})

whenBuilt(
  'a folder that becomes a link to it meanwhile delays no look',
  async () => {
    mkdirSync(at('trap'))
    write('swapped/agent.js')
    symlinkSync('trap', at('swap'))
    await using _ = await hostile?.start('hang', at('trap'), 'read')
    await using __ = await hostile?.start('swap', at('swapped'), at('swap'))
    const resolve = resolver()
    const found = new Set<string | undefined>()
    for (let times = 0; times < 20_000 || found.size < 2; times++) {
      const one = resolve('swapped/agent.js')
      found.add(typeof one === 'object' ? one.path : one)
    }
    expect(found).toEqual(new Set([undefined, at('swapped/agent.js')]))
  },
  60_000,
)

whenBuilt('a manifest that is leased is none, and is not waited for', async () => {
  write('leased/agent.js')
  write('leased/package.json', '{"name":"agent"}')
  const resolve = resolver()
  expect(resolve('leased/agent.js')).toHaveProperty('manifest')
  await using _ = await hostile?.start('lease', at('leased/package.json'))
  expect(resolve('leased/agent.js')).toEqual({ path: at('leased/agent.js') })
})
