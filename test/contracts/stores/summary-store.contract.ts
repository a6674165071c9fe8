import { sampleResult } from '../../support/directory/seeded-directory.ts'
import {
  agentSighting,
  extensionSighting,
  mcpServerSighting,
  unknownAgent,
} from '../../support/protocol/sample-sightings.ts'
import { DEVICE, idOf, type OpenStores, OTHER_DEVICE, reEnrolment, seed, token } from './seeds.ts'

export function describeSummaryStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the SummaryStore contract`, () => {
    test('counts devices that are not retired, by verdict and tier', () => {
      const store = open()
      seed(store, {}, { id: OTHER_DEVICE, tier: 'tpm' }, { id: idOf('dev', 3) })
      store.results.put(DEVICE, sampleResult(10))
      store.devices.markForked(DEVICE, 3)
      store.devices.retire(idOf('dev', 3))
      expect(store.summary.counts(20).devices).toMatchObject({
        ...{
          total: 2,
          forked: 1,
          byVerdict: { 'not-compliant': 1, unknown: 1, stale: 0 },
          byTier: { software: 1, tpm: 1 },
        },
      })
      expect(store.summary.counts(10_000_000).devices.byVerdict).toMatchObject({ stale: 1, unknown: 1 })
    })

    test('counts present sightings', () => {
      const store = open()
      seed(store)
      const sightings = [agentSighting('1'), unknownAgent('2'), extensionSighting('3'), mcpServerSighting('4')]
      for (const one of sightings) store.sightings.put(DEVICE, one, { snapshot: 's', at: 3 })
      expect(store.summary.counts(5).sightings).toMatchObject({
        agents: 2,
        unknownAgents: 1,
        extensions: 1,
        mcpServers: 1,
      })
      store.sightings.end(DEVICE, store.sightings.idsMissingFrom(DEVICE, 't'), 4)
      expect(store.summary.counts(5).sightings).toMatchObject({ agents: 0, unknownAgents: 0, extensions: 0 })
    })

    test('counts pending re-enrolments and usable tokens', () => {
      const store = open()
      seed(store)
      store.tokens.put(token({ id: idOf('tok', 2), expiresAt: 50 }))
      store.reEnrolments.put(reEnrolment())
      expect(store.summary.counts(49)).toMatchObject({ pendingReEnrolments: 1, usableTokens: 2 })
      expect(store.summary.counts(50).usableTokens).toBe(1)
    })
  })
}
