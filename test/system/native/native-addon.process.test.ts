import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { nativeProgram } from '../../../src/system/native/native-program.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const built = join(import.meta.dirname, '../../../native/build/surety-native.node')
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

test('a native program is found where the addon is, and nowhere else', async () => {
  using folder = temporaryFolder()
  const find = (init = { folder: folder.path }) => nativeProgram('surety-exec-gate', init)
  expect(await codeThrown(find)).toBe('ADDON_UNAVAILABLE')
  const path = join(folder.path, 'surety-exec-gate')
  writeFileSync(path, '', { mode: 0o755 })
  expect([find(), find({ folder: join(folder.path, 'chunks') })]).toEqual([path, path])
  chmodSync(path, 0o777)
  expect(await codeThrown(find)).toBe('ADDON_UNAVAILABLE')
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
  expect([addon.keepHeapSmall(), addon.trimMemory(), addon.trimMemory()]).toEqual([undefined, undefined, undefined])
})

/** Of a process; see `native/linux/addon/processes/process-numbers.h`. */
const NUMBERS = 13

whenBuilt('a process is read into what has room for it, and into nothing else', () => {
  const addon = loadNativeAddon()
  const [numbers, text] = [new Float64Array(NUMBERS), new Uint8Array(8193)]
  expect(addon.readProcess(process.pid, numbers, text, false)).toBe(true)
  expect(numbers.slice(0, 1)).toEqual(new Float64Array([process.ppid]))
  const { dev, ino, uid } = statSync(process.execPath)
  const [device, inode, born = 0, owner] = numbers.slice(9)
  expect([device, inode, owner]).toEqual([dev, ino, uid])
  expect(born).toBeGreaterThan(0)
  expect(addon.readProcess(2 ** 22 + 1, numbers, text, false)).toBe(false)
  const small: readonly [number, Float64Array, Uint8Array][] = [
    [process.pid, new Float64Array(NUMBERS - 1), text],
    [process.pid, numbers, new Uint8Array(8192)],
    [0, numbers, text],
    // Callers in JavaScript could give anything.
    [process.pid, new Uint8Array(NUMBERS) as unknown as Float64Array, text],
    [process.pid, numbers, new Float64Array(8193) as unknown as Uint8Array],
    ['1' as unknown as number, numbers, text],
  ]
  for (const given of small) expect(() => addon.readProcess(...given, false)).toThrow('expected a process id')
})

whenBuilt('reads a batch of processes as each is read singly, as many as have room', async () => {
  const addon = loadNativeAddon()
  const [numbers, text] = [new Float64Array(256 * NUMBERS), new Uint8Array(1024 * 1024)]
  const absent = 2 ** 22 + 1
  expect(addon.readProcesses(Int32Array.of(absent, process.pid, -1, 0, process.ppid), numbers, text)).toBe(5)
  const alone = (pid: number) => {
    const [own, part] = [new Float64Array(NUMBERS), new Uint8Array(200_000)]
    addon.readProcess(pid, own, part, false)
    const textAt = (at: number, number: number) => Buffer.from(part).toString('utf8', at, at + (own[number] ?? 0))
    return { own, text: `${textAt(0, 5)}${textAt(8192, 7)}${textAt(4096, 6)}` }
  }
  const [self, parent] = [alone(process.pid), alone(process.ppid)]
  const numbersOf = (at: number) => numbers.slice(at * NUMBERS, (at + 1) * NUMBERS)
  expect([numbersOf(1), numbersOf(4)]).toEqual([self.own, parent.own])
  expect([0, 2, 3].map((at) => numbers[at * NUMBERS + 5])).toEqual([-1, -1, -1])
  const both = `${self.text}${parent.text}`
  expect(Buffer.from(text).toString('utf8', 0, Buffer.byteLength(both))).toBe(both)

  // Arguments of 128 KiB each: three processes have room, the others are for the next call.
  const long = Array.from({ length: 5 }, () =>
    spawn('/usr/bin/sleep', ['600', ...Array.from({ length: 3 }, () => '0'.repeat(60_000))], { stdio: 'ignore' }),
  )
  await Promise.all(long.map((child) => once(child, 'spawn')))
  const pids = Int32Array.from(long.map(({ pid = 0 }) => pid))
  const argumentsOf = () => long.map((_, at) => numbers[at * NUMBERS + 7])
  expect([addon.readProcesses(pids, numbers, text), argumentsOf().slice(0, 3)]).toEqual([3, Array(3).fill(131_072)])
  expect(addon.readProcesses(pids.subarray(3), numbers, text)).toBe(2)
  await Promise.all(long.map((child) => [once(child, 'exit'), child.kill('SIGKILL')][0]))

  const one = Int32Array.of(process.pid)
  const wrong: readonly [Int32Array, Float64Array, Uint8Array][] = [
    [new Int32Array(257), new Float64Array(257 * NUMBERS), text],
    [one, new Float64Array(NUMBERS - 1), text],
    [one, numbers, new Uint8Array(1024 * 1024 - 1)],
    // Callers in JavaScript could give anything.
    [new Float64Array(1) as unknown as Int32Array, numbers, text],
    [one, new Uint8Array(256 * NUMBERS) as unknown as Float64Array, text],
  ]
  for (const given of wrong) expect(() => addon.readProcesses(...given)).toThrow('expected at most 256')
})

whenBuilt('a program is resolved into what has room for it, and into nothing else', () => {
  const { resolveProgram } = loadNativeAddon()
  const [numbers, text] = [new Float64Array(NUMBERS), new Uint8Array(72 * 1024)]
  loadNativeAddon().readProcess(process.pid, numbers, new Uint8Array(8193), false)
  const [start = 0, uid = 0] = numbers.slice(3)
  const path = import.meta.filename
  const bytes = resolveProgram(process.pid, start, uid, path, true, false, text)
  expect(Buffer.from(text).toString('utf8', 0, bytes)).toBe(`${path}\0\0`)
  expect(resolveProgram(process.pid, start, uid, 'x'.repeat(4096), false, true, text)).toBe(-1)
  const wrong: readonly Parameters<typeof resolveProgram>[] = [
    [process.pid, start, uid, path, true, true, text.subarray(1)],
    [0, start, uid, path, true, true, text],
    // Callers in JavaScript could give anything.
    [process.pid, start, uid, 7 as unknown as string, true, true, text],
    [process.pid, start, uid, path, 1 as unknown as boolean, true, text],
    [process.pid, start, uid, path, true, true, numbers as unknown as Uint8Array],
  ]
  for (const given of wrong) expect(() => resolveProgram(...given)).toThrow('expected a process id, its start')
})
