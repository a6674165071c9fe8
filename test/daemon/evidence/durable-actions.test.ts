import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { createChainWriter } from '../../../src/daemon/evidence/chain-writer.ts'
import { createEvidenceBuilder } from '../../../src/daemon/evidence/evidence-builder.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import type { DeviceKey } from '../../../src/keys/provider/key-provider.ts'
import { sampleAction } from '../../support/protocol/sample-actions.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { OWNER } from '../spool/spool-fixture.ts'

/** Opens the spool of a folder, and builds evidence into it. */
function started(folder: string) {
  const spool = openSpoolFiles({ clock: systemClock }, { stateFolder: folder, maxBytes: 1_000_000 })
  if (spool.chain === undefined) spool.begin(OWNER)
  const health = createHealth({ clock: systemClock, onChange: () => undefined })
  const key = async () => testKey('device') as unknown as DeviceKey // it signs
  const boot = { id: async () => 'boot', uptimeMs: () => 1 }
  const writer = createChainWriter({ clock: systemClock, spool, key, boot })
  const evidence = createEvidenceBuilder({
    clock: systemClock,
    log: silentLog,
    health,
    spool,
    writer,
    state: { isFailing: false },
  })
  const ended = new AbortController()
  const running = evidence.run({ signal: ended.signal })
  return {
    evidence,
    settled: () => evidence.settled({ signal: ended.signal }),
    reported() {
      const { sequence } = spool.chain?.head ?? { sequence: 0 }
      return Array.from({ length: sequence }, (_, at) => {
        const [, payload = ''] = spool.read(at + 1)?.jws.split('.') ?? []
        return JSON.parse(Buffer.from(payload, 'base64url').toString()).actions
      })
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await running
      spool[Symbol.dispose]()
    },
  }
}

test('an action that was written is in the spool after a restart, once', async () => {
  using folder = temporaryFolder()
  const [first, second] = [sampleAction(1, { decision: 'denied' }), sampleAction(2)]
  {
    await using before = started(folder.path)
    before.evidence.reportAction(first)
    before.evidence.reportAction(second)
    await before.settled()
  }
  await using after = started(folder.path)
  after.evidence.reportAction(sampleAction(3))
  await after.settled()
  expect(after.reported()).toEqual([[first, second], [sampleAction(3)]])
})
