import type { Inventory } from '../../../../src/protocol/messages/evidence.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, seed } from '../seeds.ts'

const inventory: Inventory = {
  hostname: 'laptop',
  platform: 'linux',
  arch: 'x64',
  osName: 'Debian',
  osVersion: '13',
  kernel: '6.12',
}

export function describeReportStore({ name, open }: Engine): void {
  test(`${name} keeps the ReportStore contract: has the last inventory and warnings`, async () => {
    const store = await open()
    await seed(store)
    await store.reports.putInventory(DEVICE, inventory, 3)
    await store.reports.putInventory(DEVICE, { ...inventory, kernel: '6.13' }, 4)
    await store.reports.putHealth(DEVICE, [{ code: 'SPOOL_FULL', remedy: 'make room', since: 1 }], 3)
    await store.reports.putHealth(DEVICE, [], 4)
    expect(await store.devices.view(DEVICE)).toMatchObject({ inventory: { kernel: '6.13' }, health: [] })
  })
}
