import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SerialTasks } from '../../../src/base/serial-tasks.ts'
import { fakeDirectory } from '../../support/daemon/fake-directory.ts'
import { runningDaemon, sampleFound } from '../../support/daemon/running-daemon.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** What a daemon is busy with when its settings change. */

function watched() {
  let isBusy = () => false
  const settings = async (parts: { readonly isBusy: () => boolean }) => {
    isBusy = parts.isBusy
    return { check: async () => undefined, waiting: async () => undefined }
  }
  return { settings, isBusy: () => isBusy() }
}

test('an enrolment is not interrupted', async () => {
  using folder = temporaryFolder()
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  await using directory = await fakeDirectory(async (wire) => {
    await wire.next()
    asked.resolve()
    await goOn.promise
  })
  const { settings, isBusy } = watched()
  const { enrolment } = directory
  await using _ = runningDaemon({ stateFolder: folder.path, enrolment, components: { settings } })
  await asked.promise
  expect(isBusy()).toBe(true)
  goOn.resolve()
  await waitFor('the end of the attempt', () => !isBusy())
})

test('an order is not interrupted, and nothing else keeps the daemon busy', async () => {
  using folder = temporaryFolder()
  await using running = await runningDirectory()
  const begun = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { settings, isBusy } = watched()
  let isOrdered = false
  const inventory = async () => {
    if (isOrdered) {
      begun.resolve()
      await goOn.promise
    }
    return {
      hostname: 'laptop',
      platform: 'linux',
      arch: 'x64',
      osName: 'Debian',
      osVersion: '13',
      kernel: '6.12',
    } as const
  }
  const { findings, observed } = sampleFound()
  const seen = async () => observed
  const collectors = {
    posture: async () => findings,
    quickPosture: async () => findings,
    inventory,
    discovery: seen,
    processes: seen,
    turn: seen,
  }
  await using daemon = runningDaemon({
    stateFolder: folder.path,
    enrolment: await running.token(),
    components: { settings, collectors },
  })
  await daemon.until('complete')
  await waitFor('a daemon at rest', () => !isBusy())
  const { device } = JSON.parse(readFileSync(join(folder.path, 'identity.json'), 'utf8'))
  isOrdered = true
  await running.directory.services.orders.issue({ device, kind: 'collect', reason: 'a test' }, 'test')
  await begun.promise
  expect(isBusy()).toBe(true)
  goOn.resolve()
  await waitFor('the end of the order', () => !isBusy())
})

test('does not interrupt a requested stop, and a followed one delays nothing', async () => {
  const tasks = new SerialTasks()
  const goOn = Promise.withResolvers<void>()
  const followed = tasks.run(() => goOn.promise)
  expect(tasks.isBusy).toBe(false)
  const asked = tasks.runAsked(async () => 'stopped')
  const failed = tasks.runAsked(() => Promise.reject(new Error('no')))
  expect(tasks.isBusy).toBe(true)
  goOn.resolve()
  await followed
  expect([await asked, await failed.catch(String), tasks.isBusy]).toEqual(['stopped', 'Error: no', false])
})
