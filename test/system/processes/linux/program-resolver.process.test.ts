import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadNativeAddon, type NativeAddon } from '../../../../src/system/native/native-addon.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'
import { linuxProgramResolver } from '../../../../src/system/processes/linux/program-resolver.ts'
import type { ProcessEntry } from '../../../../src/system/processes/process-table.ts'
import { sayMissing } from '../../../hostile-device/hostile-program.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** Names of files as processes know them, resolved by the real kernel. */

const addon = addonIfBuilt()
if (addon === undefined) sayMissing('what links of programs lead to', 'the native addon')
const whenBuilt = addon === undefined ? test.skip : test
const asRoot = addon !== undefined && process.geteuid?.() === 0 ? test : test.skip
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = (path: string) => join(folder.path, path)

function addonIfBuilt(): NativeAddon | undefined {
  try {
    return loadNativeAddon()
  } catch {
    return undefined
  }
}

function write(path: string, content: string): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}

function link(path: string, target: string): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  symlinkSync(target, at(path))
}

function entryOf(pid: number): ProcessEntry {
  const entry = linuxProcesses({ addon }).entry(pid)
  if (entry === undefined) throw new Error(`no process ${pid}`)
  return entry
}

function resolve(path: string, kind: 'script' | 'executable' = 'script', entry = entryOf(process.pid)) {
  if (addon === undefined) throw new Error('not built')
  return linuxProgramResolver({ addon }).resolve(entry, path, { kind, manifest: true })
}

function manifestOf(path: string) {
  const found = resolve(path)
  return typeof found === 'object' ? found.manifest : found
}

const PACKAGE = 'prefix/lib/node_modules/@acme/agent'

beforeAll(() => {
  write(`${PACKAGE}/package.json`, '{"name":"@acme/agent"}')
  write(`${PACKAGE}/dist/agent.js`, '')
  link('prefix/bin/agent', '../lib/node_modules/@acme/agent/dist/agent.js')
})

describe('a script', () => {
  beforeAll(() => {
    link('alias', 'prefix')
    link('absolute', at('alias/bin/agent'))
    write('plain/script.js', '')
    link('loop', 'loop')
    link('dangling', 'nothing')
    link('through-a-file', 'plain/script.js/more')
    for (let number = 0; number <= 41; number++) link(`long/${number}`, number === 0 ? '../plain' : String(number - 1))
  })

  whenBuilt.each([
    ['that is a link', 'prefix/bin/agent', `${PACKAGE}/dist/agent.js`],
    ['behind several links', 'absolute', `${PACKAGE}/dist/agent.js`],
    ['with dots in its name', 'alias/./bin//../bin/agent', `${PACKAGE}/dist/agent.js`],
    ['without a link', 'plain/script.js', 'plain/script.js'],
    ['behind forty links', 'long/39/script.js', 'plain/script.js'],
    ['that is a folder', 'plain', 'plain'],
  ])('%s is resolved to where it lies', (_, path, lies) => {
    expect(resolve(at(path))).toMatchObject({ path: at(lies) })
  })

  whenBuilt.each([
    ['is not there', () => at('nothing')],
    ['is a link to nothing', () => at('dangling')],
    ['is a link to itself', () => at('loop')],
    ['lies behind more than forty links', () => at('long/41/script.js')],
    ['lies in a file', () => at('through-a-file')],
    ['has a name that no file has', () => at('x'.repeat(300))],
    ['has a path that no file has', () => at('a/'.repeat(3000))],
    ['lies in more folders than are looked through', () => at(`${'plain/../'.repeat(200)}plain/../x`)],
    ['is a descriptor', () => '/proc/self/fd/0'],
    ['is named with a NUL', () => `${at('plain')}\0/script.js`],
    ['is named by nothing', () => ''],
  ])('that %s is none', (_, path) => {
    expect(resolve(path())).toBeUndefined()
  })

  whenBuilt('of a process that has ended, or whose number is used again, is none', async () => {
    const child = spawn('/bin/sleep', ['1000'])
    const entry = entryOf(child.pid ?? 0)
    expect(resolve(at('absolute'), 'script', entry)).toMatchObject({ path: at(`${PACKAGE}/dist/agent.js`) })
    expect(resolve(at('absolute'), 'script', { ...entry, startTicks: entry.startTicks + 1 })).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(resolve(at('absolute'), 'script', entry)).toBeUndefined()
  })
})

describe('the manifest', () => {
  const NAMED = '{"name":"x"}'
  beforeAll(() => {
    write('inner/package.json', NAMED)
    write('inner/dist/package.json', '{"type":"module"}')
    write('inner/dist/script.js', '')
    write('inner/node_modules/bare/script.js', '')
    write('link/package.json', NAMED)
    link('link/bin/package.json', '../package.json')
    write('link/bin/script.js', '')
    mkdirSync(at('folder/package.json'), { recursive: true })
    write('folder/script.js', '')
    write('large/package.json', `{"name":"x","text":"${'x'.repeat(64 * 1024)}"}`)
    write('large/script.js', '')
    write('inner/whole/package.json', 'no JSON, but "name"')
    write('inner/whole/script.js', '')
  })

  whenBuilt.each([
    ['beside the script', `${PACKAGE}/package.json`, { folder: PACKAGE, text: '{"name":"@acme/agent"}' }],
    ['above it', `${PACKAGE}/dist/agent.js`, { folder: PACKAGE, text: '{"name":"@acme/agent"}' }],
    ['of the folder that is run', 'inner', { folder: 'inner', text: NAMED }],
    ['above one without a name', 'inner/dist/script.js', { folder: 'inner', text: NAMED }],
    ['as it stands, whatever it is', 'inner/whole/script.js', { folder: 'inner/whole', text: 'no JSON, but "name"' }],
  ])('is the one %s', (_, path, { folder: lies, text }) => {
    expect(manifestOf(at(path))).toEqual({ folder: at(lies), text })
  })

  whenBuilt.each([
    ['above node_modules', 'inner/node_modules/bare/script.js'],
    ['that is a link', 'link/bin/script.js'],
    ['that is a folder', 'folder/script.js'],
    ['that is too large', 'large/script.js'],
    ['of nothing', 'plain/script.js'],
  ])('is not one %s', (_, path) => {
    expect(resolve(at(path))).toEqual({ path: at(path) })
  })

  whenBuilt('is not read unless it is asked for', () => {
    const resolver = addon && linuxProgramResolver({ addon })
    const file = at(`${PACKAGE}/dist/agent.js`)
    expect(resolver?.resolve(entryOf(process.pid), file, { kind: 'script', manifest: false })).toEqual({ path: file })
  })

  whenBuilt('is not what waits for a writer, and the look does not wait', () => {
    write('fifo/script.js', '')
    execFileSync('/usr/bin/mkfifo', [at('fifo/package.json')])
    expect(resolve(at('fifo/script.js'))).toEqual({ path: at('fifo/script.js') })
  })

  asRoot('(root) is not a device', () => {
    write('device/script.js', '')
    execFileSync('/usr/bin/mknod', [at('device/package.json'), 'c', '1', '5'])
    expect(resolve(at('device/script.js'))).toEqual({ path: at('device/script.js') })
  })
})

describe('the root of a process', () => {
  /** Runs `sleep` where `setUp` leads, and says when it does. */
  async function sleeper(setUp: string, command: readonly string[] = []) {
    const child = spawn('/usr/bin/unshare', ['--mount', '/bin/sh', '-e', '-c', setUp, 'sh', ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    return {
      pid: child.pid ?? 0,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL')
        await once(child, 'exit')
      },
    }
  }

  asRoot('(root) is where its scripts lie, and what it has mounted there', async () => {
    mkdirSync(at('mounted'))
    const mount = `mount -t tmpfs tmpfs "$1"; mkdir "$1/lib"; : > "$1/lib/own"; ln -s "$1/lib/own" "$1/agent"`
    await using child = await sleeper(`${mount}; echo up; exec sleep 1000`, [at('mounted')])
    const entry = entryOf(child.pid)
    expect(resolve(at('mounted/agent'), 'script', entry)).toEqual({ path: at('mounted/lib/own') })
    expect(resolve(at('mounted/lib/own'), 'executable', entry)).toEqual({ path: at('mounted/lib/own') })
    expect(resolve(at('mounted/agent'))).toBeUndefined()
    expect(resolve(at('absolute'), 'script', entry)).toMatchObject({ path: at(`${PACKAGE}/dist/agent.js`) })
  })

  asRoot('(root) is not looked through where it has more mounts than anybody needs', async () => {
    mkdirSync(at('crowded'))
    const mount = 'mount -t tmpfs tmpfs "$1"; : > "$1/agent"; mkdir "$1/all"'
    // Each time there are twice as many.
    const more = 'i=0; while [ $i -lt 13 ]; do mount --rbind "$1" "$1/all"; i=$((i + 1)); done'
    await using few = await sleeper(`${mount}; echo up; exec sleep 1000`, [at('crowded')])
    await using many = await sleeper(`${mount}; ${more}; echo up; exec sleep 1000`, [at('crowded')])
    expect(resolve(at('crowded/agent'), 'script', entryOf(few.pid))).toEqual({ path: at('crowded/agent') })
    expect(resolve(at('crowded/agent'), 'script', entryOf(many.pid))).toBeUndefined()
  })

  const gcc = existsSync('/usr/bin/gcc') ? asRoot : test.skip
  gcc('(root) resolves scripts within a root of its own, and executables by the kernel', async () => {
    write('root/opt/own.js', '')
    link('root/opt/bin/agent', '/opt/own.js')
    link('root/opt/bin/out', '../../../../etc/passwd')
    write('wait.c', '#include <unistd.h>\nint main() { write(1, "up\\n", 3); pause(); }\n')
    execFileSync('/usr/bin/gcc', ['-static', '-o', at('root/opt/wait'), at('wait.c')])
    const child = spawn('/usr/sbin/chroot', [at('root'), '/opt/wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      const entry = entryOf(child.pid ?? 0)
      expect(resolve('/opt/bin/agent', 'script', entry)).toEqual({ path: '/opt/own.js' })
      expect(resolve('/opt/bin/out', 'script', entry)).toBeUndefined()
      expect(entry.executable).toBe(at('root/opt/wait'))
      expect(resolve(entry.executable ?? '', 'executable', entry)).toEqual({ path: at('root/opt/wait') })
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
})
