import { fakeDirectory } from '../support/daemon/fake-directory.ts'
import { runningDaemon } from '../support/daemon/running-daemon.ts'
import { runningDirectory } from '../support/directory/running-directory.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('counts orders from the first again after an enrolment with another directory', async () => {
  // A directory refuses this number from a device that it has never given an order.
  await using first = await fakeDirectory(async (wire) => {
    await wire.welcome({ order: Number.MAX_SAFE_INTEGER })
    for (;;) await wire.next()
  })
  await using running = await runningDirectory()
  using folder = temporaryFolder()
  const before = runningDaemon({ stateFolder: folder.path, enrolment: first.enrolment })
  await before.until('attested')
  await before.end()
  const enrolling = runningDaemon({ stateFolder: folder.path, enrolment: await running.token() })
  await enrolling.until('attested')
  const device = (await enrolling.status()).device?.id ?? ''
  await running.directory.services.orders.issue({ device, kind: 'collect', reason: 'a test' }, 'test')
  const answers = () => running.rows('SELECT number, state FROM orders WHERE device = ?', device)
  await enrolling.untilStatus(() => answers().every(({ state }) => state !== 'pending'))
  await enrolling.end()
  await using again = runningDaemon({ stateFolder: folder.path })
  await again.until('attested')
  expect(answers()).toEqual([{ number: 1, state: 'done' }])
  expect(running.rows("SELECT id FROM activity WHERE kind = 'order-number-raised'")).toEqual([])
})
