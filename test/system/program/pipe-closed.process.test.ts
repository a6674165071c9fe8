import { spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { readerGone } from '../../../src/system/program/own-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const whenBuilt = existsSync(join(import.meta.dirname, '../../../native/build/surety-native.node')) ? test : test.skip

/** Both ends of a named pipe, as a shell makes them of `|`. */
function pipe(folder: string) {
  const path = join(folder, 'pipe')
  spawnSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reader, writer: openSync(path, constants.O_WRONLY) }
}

whenBuilt('who writes to a pipe learns that its reader has gone, and not before', async () => {
  using folder = temporaryFolder()
  const { reader, writer } = pipe(folder.path)
  const addon = loadNativeAddon()
  let asked = 0
  const watched = {
    processEnded(descriptor: number) {
      const ended = addon.processEnded(descriptor)
      if (++asked === 3) {
        expect(ended).toBe(false)
        closeSync(reader)
      }
      return ended
    },
  }
  const init = { descriptor: writer, everyMs: 1 }
  expect(await readerGone({ addon: watched }, init, { signal: new AbortController().signal })).toBe(true)
  expect(asked).toBeGreaterThan(3)
  closeSync(writer)
})

test('what is no pipe has no reader to lose', async () => {
  const addon = {
    processEnded(): boolean {
      throw new TypeError('not asked for')
    },
  }
  const file = openSync(import.meta.filename, 'r')
  const init = { descriptor: file, everyMs: 1 }
  expect(await readerGone({ addon }, init, { signal: new AbortController().signal })).toBe(false)
  closeSync(file)
})

test('an end of the watch ends the wait', async () => {
  using folder = temporaryFolder()
  const { reader, writer } = pipe(folder.path)
  const stop = new AbortController()
  const waiting = readerGone({ addon: { processEnded: () => false } }, { descriptor: writer, everyMs: 1 }, stop)
  stop.abort()
  await expect(waiting).rejects.toThrow('abort')
  closeSync(reader)
  closeSync(writer)
})
