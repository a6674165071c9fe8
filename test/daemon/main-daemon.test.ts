import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { daemonProcess } from '../support/daemon-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const whenBuilt = existsSync(join(import.meta.dirname, '../../native/build/surety-native.node')) ? test : test.skip
const CLOSE_ON_EXEC = 0o2000000

whenBuilt('what whoever started it left open does not reach its children', async () => {
  using folder = temporaryFolder()
  const descriptor = openSync(import.meta.filename, 'r')
  await using daemon = daemonProcess({ folder: folder.path, descriptor })
  closeSync(descriptor)
  await daemon.listening()
  const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/fdinfo/3`, 'utf8'))?.[1]
  expect(Number.parseInt(flags ?? '', 8) & CLOSE_ON_EXEC).toBe(CLOSE_ON_EXEC)
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it cleanly and at once, and its socket is gone', async (signal) => {
  using folder = temporaryFolder()
  await using daemon = daemonProcess({ folder: folder.path })
  await daemon.listening()
  daemon.kill(signal)
  expect([await daemon.exit, existsSync(join(folder.path, 'run', 'control.sock'))]).toEqual([0, false])
})
