import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import type { CedarPolicy } from '../src/cedar/cedar-policy.ts'
import { decider } from '../src/cedar/decider.ts'
import { type EvaluationComponents, evaluate } from '../src/directory/access/evaluation.ts'
import { recordedDecisions } from '../src/directory/access/recorded-decisions.ts'
import { DEFAULT_ACCESS_TEXT } from '../src/directory/access-policy/default-policy.ts'
import { readAccessPolicy } from '../src/directory/access-policy/read-access-policy.ts'
import { signerOf } from '../src/directory/authority/signer.ts'
import { NO_HEAD } from '../src/directory/devices/device.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { type Benchmark, type Measurement, median, quantile, rounded, sizeOf, timesMs } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const DECISIONS = sizeOf(5_000, { small: 20 })
const POLICIES = 1_000
const PER_SECOND = 5_000
const P99_MS = 5
const idOf = (kind: string) => `${kind}_${'A'.repeat(22)}`
const [DEVICE, AGENT, PERSON] = [idOf('dev'), idOf('agt'), idOf('hum')]
const QUESTION = {
  subject: { type: 'user', id: 'ada@example.org' },
  action: { name: 'read' },
  resource: { type: 'application', id: 'app-7' },
  context: { agent: AGENT, device: DEVICE },
}

export const decide: Benchmark = {
  name: 'decide',
  about: 'a decision about an agent from the store, signed: by the default policy, and by one of 1,000 policies',
  unit: 'decisions per second of processor time',
  limit: `${PER_SECOND} a second and core with the default policy, p99 under ${P99_MS} ms`,
  async run(report) {
    using folder = temporaryBenchFolder()
    using database = openStore(join(folder.path, 'directory.sqlite'))
    const store = directoryStore(sqliteDatabase(database))
    await store.transaction(() => seed(store))
    const others = Array.from(
      { length: POLICIES },
      (_, at) =>
        `@id("app${at}") forbid (principal, action == Action::"delete", resource == Application::"app-${at}");`,
    )
    const policies = [
      { name: 'default policy', text: DEFAULT_ACCESS_TEXT },
      { name: `${POLICIES} policies`, text: [DEFAULT_ACCESS_TEXT, ...others].join('\n') },
    ]
    const sign = signerOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    for (const { name, text } of policies) {
      const components = componentsOf(store, await readAccessPolicy(text), sign)
      for (let warm = 0; warm < 200; warm++) await evaluate(components, QUESTION)
      const before = process.cpuUsage()
      const times = await timesMs(DECISIONS, async () => {
        if (!(await evaluate(components, QUESTION)).decision) throw new Error('the decision is not to allow')
      })
      const { user, system } = process.cpuUsage(before)
      const perSecond = DECISIONS / ((user + system) / 1_000_000)
      report({
        name: `decide, ${name}`,
        value: rounded(perSecond),
        unit: 'per second of processor time',
        ratio: rounded(PER_SECOND / perSecond),
        against: `${PER_SECOND}; wall p99 ${rounded(quantile(times, 0.99))} ms of ${P99_MS}, median ${rounded(quantile(times, 0.5))}`,
      })
    }
    await withRecord(store, sign, report)
  },
}

const AT_ONCE = 16
const ROUNDS = 3
const SHARE = 0.9

/** With and without entries in the record, in turns: the same question, and another one each time. */
async function withRecord(store: DirectoryStore, sign: Sign, report: (figure: Measurement) => void): Promise<void> {
  const without = componentsOf(store, await readAccessPolicy(DEFAULT_ACCESS_TEXT), sign)
  const recording = { ...without, decisions: recordedDecisions({ store, clock: systemClock }) }
  let asked = 0
  for (const kind of ['the same question', 'another question each time']) {
    const question = () => {
      asked++
      return kind === 'the same question' ? QUESTION : { ...QUESTION, action: { name: `read ${asked}` } }
    }
    const rates = { without: [] as number[], recording: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      rates.without.push(await rateOf(without, question))
      rates.recording.push(await rateOf(recording, question))
    }
    const [off, on] = [median(rates.without), median(rates.recording)]
    report({
      name: `decide, recorded, ${kind}`,
      value: rounded(on),
      unit: 'per second of processor time',
      ratio: rounded(on / off),
      against: `${rounded(off)} without the record in the same run, ${AT_ONCE} at once; at least ${SHARE}`,
    })
  }
}

async function rateOf(components: EvaluationComponents, question: () => typeof QUESTION): Promise<number> {
  const before = process.cpuUsage()
  for (let at = 0; at < DECISIONS; at += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => evaluate(components, question())))
    if (!answers.every(({ decision }) => decision)) throw new Error('the decision is not to allow')
  }
  const { user, system } = process.cpuUsage(before)
  return DECISIONS / ((user + system) / 1_000_000)
}

type Sign = EvaluationComponents['authority']['signAcknowledgement']

function componentsOf(store: DirectoryStore, policy: CedarPolicy, sign: Sign): EvaluationComponents {
  return {
    store,
    clock: systemClock,
    access: { policy: async () => policy, inUse: { version: 1, hash: 'A'.repeat(43) } },
    decisions: { enter: async () => undefined },
    decider: decider(),
    isConnected: () => true,
    authority: { signAcknowledgement: sign },
  }
}

async function seed(store: DirectoryStore): Promise<void> {
  const now = systemClock.now()
  const token = { id: 't', secretHash: '', owner: 'o', minimumTier: 'software', uses: 1, used: 0 } as const
  await store.tokens.put({ ...token, createdAt: 0, expiresAt: now })
  await store.humans.put({
    id: PERSON,
    userName: 'ada@example.org',
    displayName: 'Ada',
    status: 'active',
    origin: 'hand',
    createdAt: now,
    scim: {},
  })
  await store.devices.put({
    id: DEVICE,
    epoch: 1,
    status: 'active',
    sequence: 0,
    head: NO_HEAD,
    lastOrder: 0,
    notes: [],
    owner: 'ada@example.org',
    token: 't',
    tier: 'software',
    applicationKey: 'k',
    enrolledAt: now,
    attestedAt: now,
    label: { hostname: 'laptop', platform: 'linux', arch: 'x64' },
  })
  const result = { verdict: 'compliant', tier: 'software', reasons: [], proven: [], reported: [] } as const
  const lists = { reasons: [], proven: [], reported: [] }
  await store.results.put(DEVICE, { ...result, ...lists, appraisedAt: now, validUntil: now + 3_600_000 }, 0)
  await store.registrations.add({
    id: AGENT,
    name: 'nightly',
    state: 'active',
    stateAt: now,
    owner: PERSON,
    criteria: { products: ['claude-code'] },
    purpose: 'measured',
    scope: { applications: Array.from({ length: 20 }, (_, at) => `app-${at}`), dataSets: [], tools: [] },
    single: false,
    creator: { person: { id: 'adm', name: 'a' }, at: now },
    createdAt: now,
  })
  await store.seen.add({
    id: idOf('sga'),
    device: DEVICE,
    item: 'claude-code',
    product: 'claude-code',
    userId: '1000',
    userName: 'ada',
    human: undefined,
    name: 'Claude Code',
    sighting: 'a'.repeat(32),
    state: 'registered',
    registration: AGENT,
    decidedBy: 'match',
    decidedAt: now,
    ignored: undefined,
    present: 1,
    running: 1,
    autonomous: 0,
    version: undefined,
    executable: undefined,
    workspace: undefined,
    executables: [],
    launches: {},
    deviations: [],
    firstSeen: now,
    lastSeen: now,
  })
}
