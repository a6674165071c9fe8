import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE } from '../seeds.ts'

export function describeUnfinishedStore({ name, open }: Engine): void {
  test(`${name} keeps the UnfinishedStore contract: lists batches in order, each once`, async () => {
    const { unfinished } = await open()
    for (const batch of [9, 10, 10]) await unfinished.put(DEVICE, { epoch: 1, sequence: batch })
    await unfinished.put(DEVICE, { epoch: 2, sequence: 1 })
    await unfinished.put(OTHER_DEVICE, { epoch: 1, sequence: 10 })
    const ofDevice = async () =>
      (await unfinished.list()).flatMap(({ device, epoch, sequence }) => (device === DEVICE ? [[epoch, sequence]] : []))
    expect(await ofDevice()).toEqual([
      [1, 9],
      [1, 10],
      [2, 1],
    ])
    await unfinished.drop(DEVICE, { epoch: 1, sequence: 10 })
    await unfinished.drop(DEVICE, { epoch: 1, sequence: 11 })
    expect(await ofDevice()).toEqual([
      [1, 9],
      [2, 1],
    ])
    expect(await unfinished.list()).toContainEqual({ device: OTHER_DEVICE, epoch: 1, sequence: 10 })
  })
}
