import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { CHECKS } from '../src/checks/checks.ts'
import { NO_HEAD } from '../src/directory/devices/device.ts'
import { DEFAULT_POLICY } from '../src/directory/policy/policy.ts'
import { policies } from '../src/directory/policy-versions/policies.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { Changes } from '../src/directory/workers/changes.ts'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const DEVICES = sizeOf(10_000, { small: 50 })
const DAYS = 7
const DAY_MS = 86_400_000
const LIMIT_S = 30
const FILE = `schema: surety/policy@1
checks:
  tpm.present: required
  network.firewall: {weight: required, grace: 2}
groups:
  - {name: half, match: {owner: owner-1}, checks: {session.screen-lock: off}}
`

export const policyTest: Benchmark = {
  name: 'policy-test',
  about: `test of a policy against ${DAYS} days of ${DEVICES} devices, each with a check that changes once a day`,
  unit: 's',
  limit: `under ${LIMIT_S} s`,
  async run(report) {
    using folder = temporaryBenchFolder()
    using database = openStore(join(folder.path, 'directory.sqlite'))
    const store = directoryStore(sqliteDatabase(database))
    await store.transaction(() => seed(store, systemClock.now()))
    const tested = await policies(
      { store, clock: systemClock, log: silentLog, changes: new Changes() },
      { defaults: DEFAULT_POLICY, attestEveryMs: 3_600_000, validForMs: DAY_MS },
    )
    let longestTurnMs = 0
    let turn = performance.now()
    const watch = setInterval(() => {
      longestTurnMs = Math.max(longestTurnMs, performance.now() - turn)
      turn = performance.now()
    }, 1)
    const start = performance.now()
    const { devices, proposed } = await tested.test(FILE, DAYS * DAY_MS)
    const seconds = (performance.now() - start) / 1000
    clearInterval(watch)
    if (devices !== DEVICES || proposed.past.changes < DEVICES) throw new Error('the devices were not followed')
    report({
      name: 'policy-test',
      value: rounded(seconds),
      unit: 's',
      ratio: rounded(seconds / LIMIT_S),
      against: `${LIMIT_S} s; ${proposed.past.changes} changes of verdict; longest turn of the loop ${rounded(longestTurnMs)} ms`,
    })
  },
}

async function seed(store: DirectoryStore, now: number): Promise<void> {
  const token = { id: 't', secretHash: '', owner: 'o', minimumTier: 'software', uses: DEVICES, used: 0 } as const
  await store.tokens.put({ ...token, createdAt: 0, expiresAt: now })
  for (let at = 0; at < DEVICES; at++) {
    const device = `dev_${String(at).padStart(22, '0')}`
    await store.devices.put({
      id: device,
      epoch: 1,
      status: 'active',
      sequence: 0,
      head: NO_HEAD,
      lastOrder: 0,
      notes: [],
      owner: `owner-${at % 2}`,
      token: 't',
      tier: 'software',
      applicationKey: device,
      enrolledAt: now - 30 * DAY_MS,
      attestedAt: now,
      label: { hostname: device, platform: 'linux', arch: 'x64' },
    })
    for (const check of CHECKS)
      await store.findings.put(device, { check, state: 'pass', detail: 'as it should be' }, now - 9 * DAY_MS)
    for (let day = DAYS; day > 0; day--) {
      const then = now - day * DAY_MS + at
      const failing = day % 2 === 1
      const finding = failing
        ? { check: 'tpm.present', state: 'fail' as const, detail: 'none', since: then }
        : { check: 'tpm.present', state: 'pass' as const, detail: 'there' }
      await store.findings.put(device, finding, then)
    }
    await store.findings.markReported(device, now)
  }
}
