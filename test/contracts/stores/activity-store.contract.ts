import { DEVICE, type OpenStores, OTHER_DEVICE } from './seeds.ts'

export function describeActivityStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the ActivityStore contract`, () => {
    test('counts by kind, device and time', () => {
      const { activity } = open()
      for (const at of [1, 2, 3]) activity.add({ at, kind: 'gap', device: DEVICE })
      activity.add({ at: 3, kind: 'forked', device: DEVICE })
      activity.add({ at: 3, kind: 'gap', device: OTHER_DEVICE })
      expect(activity.count({ kind: 'gap', device: DEVICE, since: 1 })).toBe(2)
      expect(activity.count({ kind: 'flooded', device: DEVICE, since: 0 })).toBe(0)
    })

    test('counts refused enrolments by token', () => {
      const { activity } = open()
      for (const token of ['a', 'b', 'a']) activity.add({ at: 2, kind: 'enrolment-refused', detail: { token } })
      expect(activity.count({ kind: 'enrolment-refused', token: 'a', since: 1 })).toBe(2)
      expect(activity.count({ kind: 'enrolment-refused', token: 'c', since: 1 })).toBe(0)
    })
  })
}
