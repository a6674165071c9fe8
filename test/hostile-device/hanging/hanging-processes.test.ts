import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadNativeAddon, type NativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { compileHostileProgram, sayMissing } from '../hostile-program.ts'

/**
 * A process that holds the lock of its own memory, waiting for a page of a file system that never answers, keeps
 * whoever reads /proc/PID/cmdline or environ waiting as long as it likes: `ps`, and a daemon that reads in its only thread.
 */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const addon = addonIfBuilt()
const compiled =
  addon !== undefined && process.geteuid?.() === 0
    ? compileHostileProgram(folder.path)
    : { missing: 'root and the native addon' }
if ('missing' in compiled) sayMissing('a process that hangs', compiled.missing)
const whenPossible = 'missing' in compiled ? test.skip : test
const hostile = 'missing' in compiled ? undefined : compiled

function addonIfBuilt(): NativeAddon | undefined {
  try {
    return loadNativeAddon()
  } catch {
    return undefined
  }
}

whenPossible('a process whose memory cannot be read delays no scan', async () => {
  const place = join(folder.path, 'pages')
  mkdirSync(place)
  chmodSync(folder.path, 0o755)
  const table = linuxProcesses({ addon })
  const entryOf = async (pid: number) => {
    const entries = await table.scan({})
    return { entry: entries.find((each) => each.pid === pid), all: entries.length }
  }
  let pid = 0
  {
    await using _server = await hostile?.start('hang', place, 'page')
    // Ended last to first: its file system lets the process go.
    const process = await hostile?.start('map', join(place, 'page'))
    pid = process?.pid ?? 0
    let seen = await entryOf(pid)
    while (seen.entry?.argumentsUnread === undefined) seen = await entryOf(pid)
    expect([seen.entry.argv, seen.all > 5]).toEqual([[], true])
    expect(seen.entry.executable).toBe(join(folder.path, 'hostile'))
    // It is known now, and costs nothing more: at half a second each these would outlast the test.
    for (let scans = 0; scans < 200; scans++) expect((await entryOf(pid)).entry?.argumentsUnread).toBe(true)
    expect(await table.environmentNames(pid)).toBeUndefined()
  }
  // Let go, it is read again or has ended.
  let after = await entryOf(pid)
  while (after.entry?.argumentsUnread === true) after = await entryOf(pid)
  expect(after.entry?.argumentsUnread).toBeUndefined()
})

/** A process whose file system lets go of it when it is disposed of. */
async function startHanging(place: string): Promise<AsyncDisposable & { readonly pid: number }> {
  const server = await hostile?.start('hang', place, 'page')
  const process = await hostile?.start('map', join(place, 'page'))
  return {
    pid: process?.pid ?? 0,
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]()
      await process?.[Symbol.asyncDispose]()
    },
  }
}

whenPossible('with hanging processes among hundreds, reports each other one once', async () => {
  const places = ['one', 'other'].map((name) => join(folder.path, name))
  for (const place of places) mkdirSync(place)
  const [one = '', other = ''] = places
  const table = linuxProcesses({ addon })
  const sleepers: ChildProcess[] = []
  const sleep = (count: number) => {
    for (let i = 0; i < count; i++) sleepers.push(spawn('/usr/bin/sleep', [String(10_000 + sleepers.length)]))
  }
  try {
    await using first = await startHanging(one)
    sleep(150)
    await using second = await startHanging(other)
    sleep(120)
    const hanging = [first.pid, second.pid]
    for (let unread = 0; unread < hanging.length; ) {
      const entries = await table.scan({})
      const told = sleepers.map(({ pid }) => entries.filter((entry) => entry.pid === pid).map(({ argv }) => argv[1]))
      expect(told).toEqual(sleepers.map((_, at) => [String(10_000 + at)]))
      unread = entries.filter(({ pid, argumentsUnread }) => hanging.includes(pid) && argumentsUnread).length
    }
  } finally {
    for (const sleeper of sleepers) sleeper.kill('SIGKILL')
  }
})
