import { DEVICE, type OpenStores, OTHER_DEVICE, seed } from './seeds.ts'

const failing = { check: 'tpm.present', state: 'fail', detail: 'none', since: 3 } as const

export function describeFindingStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the FindingStore contract`, () => {
    test('has the last finding of each check', () => {
      const store = open()
      seed(store)
      store.findings.put(DEVICE, failing, 3)
      const unknown = { check: 'tpm.present', state: 'unknown', reason: 'busy', since: 3 } as const
      store.findings.put(DEVICE, unknown, 4)
      store.findings.put(DEVICE, { check: 'os.supported', state: 'pass', detail: '' }, 4)
      expect(store.findings.list(DEVICE)).toContainEqual(unknown)
      store.findings.drop(DEVICE, 'os.supported')
      expect(store.findings.list(DEVICE)).toEqual([unknown])
      expect(store.findings.list(OTHER_DEVICE)).toEqual([])
    })

    test('views show when a finding was last reported, also unchanged', () => {
      const store = open()
      seed(store)
      store.findings.put(DEVICE, failing, 3)
      const view = { check: 'tpm.present', state: 'fail', explanation: 'none', since: 3 }
      expect(store.findings.view(DEVICE)).toEqual([{ ...view, reportedAt: 3 }])
      store.findings.markReported(DEVICE, 9)
      expect(store.findings.view(DEVICE)).toEqual([{ ...view, reportedAt: 9 }])
      expect(store.devices.get(DEVICE)?.findingsAt).toBe(9)
    })
  })
}
