import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE, seed } from '../seeds.ts'

const failing = { check: 'tpm.present', state: 'fail', detail: 'none', since: 3 } as const

export function describeFindingStore({ name, open }: Engine): void {
  describe(`${name} keeps the FindingStore contract`, () => {
    test('has the last finding of each check', async () => {
      const store = await open()
      await seed(store)
      await store.findings.put(DEVICE, failing, 3)
      const unknown = { check: 'tpm.present', state: 'unknown', reason: 'busy', since: 3 } as const
      await store.findings.put(DEVICE, unknown, 4)
      await store.findings.put(DEVICE, { check: 'os.supported', state: 'pass', detail: '' }, 4)
      expect(await store.findings.list(DEVICE)).toContainEqual(unknown)
      await store.findings.drop(DEVICE, 'os.supported')
      expect(await store.findings.list(DEVICE)).toEqual([unknown])
      expect(await store.findings.list(OTHER_DEVICE)).toEqual([])
    })

    test('views show when a finding was last reported, also unchanged', async () => {
      const store = await open()
      await seed(store)
      await store.findings.put(DEVICE, failing, 3)
      const view = { check: 'tpm.present', state: 'fail', explanation: 'none', since: 3 }
      expect(await store.findings.view(DEVICE)).toEqual([{ ...view, reportedAt: 3 }])
      await store.findings.markReported(DEVICE, 9)
      expect(await store.findings.view(DEVICE)).toEqual([{ ...view, reportedAt: 9 }])
      expect((await store.devices.get(DEVICE))?.findingsAt).toBe(9)
    })
  })
}
