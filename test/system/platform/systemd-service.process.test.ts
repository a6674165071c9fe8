import { join } from 'node:path'
import { systemdService } from '../../../src/system/platform/linux.ts'
import { canRunServiceManager, startServiceManager } from '../../support/processes/service-manager.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon } from '../../support/users/peers.ts'

const warnings: unknown[] = []
const log = { warn: (...said: unknown[]) => void warnings.push(said) }
const whenPossible = addon !== undefined && canRunServiceManager ? test : test.skip

test.each([undefined, ''])('sends nothing without a service manager (%j)', (socket) => {
  const refusing = {
    notifyService() {
      throw new Error('sent')
    },
  }
  const service = systemdService({ log, addon: refusing }, { socket })
  service.ready()
  service.stopping()
  expect(warnings).toEqual([])
})

whenPossible.each([
  ['at a path', (folder: string) => join(folder, 'notify')],
  ['by an abstract name', () => `@surety-test-${process.pid}`],
])('sends READY=1 and STOPPING=1 to a socket %s', async (_, socketIn) => {
  using folder = temporaryFolder()
  const socket = socketIn(folder.path)
  await using manager = await startServiceManager(socket)
  const service = systemdService({ log, addon }, { socket })
  service.ready()
  service.stopping()
  await manager.ended
  expect([manager.received(), warnings]).toEqual([['READY=1', 'STOPPING=1'], []])
})

whenPossible('sends signs of life once it is ready, where systemd waits for them', async () => {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'notify')
  await using manager = await startServiceManager(socket)
  const periods: number[] = []
  const every = (ms: number, act: () => void) => {
    periods.push(ms)
    act()
  }
  systemdService({ log, addon, every }, { socket, watchdogUs: 30_000 }).ready()
  await manager.ended
  expect([manager.received(), periods]).toEqual([['READY=1', 'WATCHDOG=1'], [10]])
})

whenPossible('warns about a socket that is gone and about a path that is too long', () => {
  using folder = temporaryFolder()
  for (const socket of [join(folder.path, 'gone'), `/${'x'.repeat(200)}`])
    systemdService({ log, addon }, { socket }).ready()
  expect(warnings.splice(0)).toEqual([
    ['the service manager cannot be notified', { text: 'READY=1', reason: 'No such file or directory' }],
    ['the service manager cannot be notified', { text: 'READY=1', reason: 'File name too long' }],
  ])
})
