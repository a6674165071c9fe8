import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE } from '../seeds.ts'

export function describeActivityStore({ name, open }: Engine): void {
  describe(`${name} keeps the ActivityStore contract`, () => {
    test('counts by kind, device and time', async () => {
      const { activity } = await open()
      for (const at of [1, 2, 3]) await activity.add({ at, kind: 'gap', device: DEVICE })
      await activity.add({ at: 3, kind: 'forked', device: DEVICE })
      await activity.add({ at: 3, kind: 'gap', device: OTHER_DEVICE })
      expect(await activity.count({ kind: 'gap', device: DEVICE, since: 1 })).toBe(2)
      expect(await activity.count({ kind: 'flooded', device: DEVICE, since: 0 })).toBe(0)
    })

    test('counts refused enrolments by token', async () => {
      const { activity } = await open()
      for (const token of ['a', 'b', 'a']) await activity.add({ at: 2, kind: 'enrolment-refused', detail: { token } })
      expect(await activity.count({ kind: 'enrolment-refused', token: 'a', since: 1 })).toBe(2)
      expect(await activity.count({ kind: 'enrolment-refused', token: 'c', since: 1 })).toBe(0)
    })
  })
}
