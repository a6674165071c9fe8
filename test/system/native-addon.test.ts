import { chmodSync, closeSync, copyFileSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadNativeAddon } from '../../src/system/native-addon.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const built = join(import.meta.dirname, '../../native/build/surety-native.node')
const whenBuilt = existsSync(built) ? test : test.skip

whenBuilt('it is loaded from beside the program and from above its chunks', () => {
  using folder = temporaryFolder()
  copyFileSync(built, join(folder.path, 'surety-native.node'))
  const functions = Object.keys(loadNativeAddon({ folder: folder.path }))
  expect(functions).toEqual(expect.arrayContaining(['peerCredentials', 'closeOnExec', 'readProcess', 'watchProcesses']))
  expect(Object.keys(loadNativeAddon({ folder: join(folder.path, 'chunks') }))).toEqual(functions)
})

whenBuilt('one that another user could have written is not loaded', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'surety-native.node')
  copyFileSync(built, path)
  chmodSync(path, 0o777)
  expect(await codeThrown(() => loadNativeAddon({ folder: folder.path }))).toBe('ADDON_UNAVAILABLE')
})

test.each([
  ['was not built', undefined],
  ['is no library', 'text'],
])('one that %s is said to be unavailable', async (_, content) => {
  using folder = temporaryFolder()
  if (content !== undefined) writeFileSync(join(folder.path, 'surety-native.node'), content)
  expect(await codeThrown(() => loadNativeAddon({ folder: folder.path }))).toBe('ADDON_UNAVAILABLE')
})

whenBuilt('what is no socket has no peer', () => {
  const fd = openSync(import.meta.dirname, 'r')
  expect(() => loadNativeAddon().peerCredentials(fd)).toThrow('Socket operation on non-socket')
  closeSync(fd)
  // A caller in JavaScript could give anything.
  expect(() => loadNativeAddon().peerCredentials('0' as unknown as number)).toThrow('expected a file descriptor')
})

whenBuilt('memory can be given back at any time', () => {
  const addon = loadNativeAddon()
  expect([addon.limitArenas(), addon.trimMemory(), addon.trimMemory()]).toEqual([undefined, undefined, undefined])
})

whenBuilt('a process is read into what has room for it, and into nothing else', () => {
  const addon = loadNativeAddon()
  const [numbers, text] = [new Float64Array(9), new Uint8Array(8193)]
  expect(addon.readProcess(process.pid, numbers, text, false)).toBe(true)
  expect(numbers.slice(0, 1)).toEqual(new Float64Array([process.ppid]))
  expect(addon.readProcess(2 ** 22 + 1, numbers, text, false)).toBe(false)
  const small: readonly [number, Float64Array, Uint8Array][] = [
    [process.pid, new Float64Array(8), text],
    [process.pid, numbers, new Uint8Array(8192)],
    [0, numbers, text],
    // Callers in JavaScript could give anything.
    [process.pid, new Uint8Array(9) as unknown as Float64Array, text],
    [process.pid, numbers, new Float64Array(8193) as unknown as Uint8Array],
    ['1' as unknown as number, numbers, text],
  ]
  for (const given of small) expect(() => addon.readProcess(...given, false)).toThrow('expected a process id')
})
