import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { MAX_OPEN, MAX_OPEN_OF_USER } from '../../../src/daemon/agent-claims/agent-claims.ts'
import { type OpenedAgentClaims, openAgentClaims } from '../../../src/daemon/agent-claims/open-agent-claims.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import type { Identity } from '../../../src/daemon/state/identity.ts'
import type { AgentClaim, ClaimDecision } from '../../../src/protocol/agent-claim.ts'
import type { Sighting } from '../../../src/protocol/sighting.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { sampleAgent } from '../../support/daemon/running-daemon.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const ADA = { userId: '1000', isRoot: false }
const BOB = { userId: '1001', isRoot: false }
const ROOT = { userId: '0', isRoot: true }
const idOf = (number: number) => number.toString(16).padStart(32, '0')

/** The agent `number` of a user, each another product. */
function agent(number: number, user?: { id: string; name: string }): Sighting {
  const { user: _, ...rest } = sampleAgent
  return { ...rest, id: idOf(number), name: `Agent ${number}`, ...(user === undefined ? {} : { user }) }
}
const ada = { id: '1000', name: 'ada' }
const bob = { id: '1001', name: 'bob' }
const SIGHTINGS = [agent(1, ada), agent(2, bob), agent(3), agent(4, ada)]

interface Opened {
  readonly claims: OpenedAgentClaims
  readonly reported: (readonly AgentClaim[])[]
  readonly warnings: () => readonly string[]
}

async function open(
  folder: string,
  { sightings = SIGHTINGS, isEnrolled = true }: { sightings?: readonly Sighting[]; isEnrolled?: boolean } = {},
): Promise<Opened> {
  const clock = new FakeClock()
  const health = createHealth({ clock, onChange: () => undefined })
  const reported: (readonly AgentClaim[])[] = []
  const claims = await openAgentClaims(
    {
      clock,
      log: silentLog,
      health,
      state: { identity: isEnrolled ? ({} as Identity) : undefined }, // only whether there is one
      evidence: {
        current: { sightings, sources: [], findings: [], inventory: undefined },
        reportAgentClaims: (now) => void reported.push(now),
      },
    },
    { stateFolder: folder },
  )
  return { claims, reported, warnings: () => health.warnings().map(({ code }) => code) }
}

const asked = (number: number) => ({ agent: idOf(number), purpose: 'refactors' })
const accepted = (claim: string): ClaimDecision => ({ claim, outcome: 'accepted', by: 'Grace', time: 9 })
const refused = (claim: string): ClaimDecision => ({ claim, outcome: 'refused', by: 'Grace', reason: 'no', time: 9 })

test('claims an own agent: on disk before the answer, and there until decided', async () => {
  using folder = temporaryFolder()
  const first = await open(folder.path)
  expect(first.reported).toEqual([[]])
  const { claim } = await first.claims.claim({ ...asked(1), name: 'Ada’s', until: Date.UTC(2100, 0) }, ADA)
  expect(claim).toMatchObject({ sighting: idOf(1), product: 'Agent 1', user: ada, purpose: 'refactors', name: 'Ada’s' })
  expect(claim).not.toHaveProperty('byRoot')
  expect(first.reported.at(-1)).toEqual([claim])

  const second = await open(folder.path)
  expect(second.reported).toEqual([[claim]])
  second.claims.decided([accepted(claim.id), refused(`clm_${'x'.repeat(21)}A`)])
  await waitFor('the decision', () => second.claims.open.length === 0)
  expect(second.claims.list(ADA)).toEqual([{ claim, decision: accepted(claim.id) }])
  expect(second.reported.at(-1)).toEqual([])
  // The first decision counts.
  second.claims.decided([refused(claim.id)])

  const third = await open(folder.path)
  expect(third.claims.list(ADA)).toEqual([{ claim, decision: accepted(claim.id) }])
  expect(third.reported).toEqual([[]])
})

test.each([
  ['an agent that was not seen', asked(9), ADA, 'NOT_FOUND'],
  ['an agent of another user', asked(2), ADA, 'NOT_FOUND'],
  ['an agent of the machine', asked(3), ADA, 'NOT_PERMITTED'],
  ['an agent of the machine, as root', asked(3), ROOT, 'NOT_PERMITTED'],
  ['an agent of a user, as root without saying so', asked(1), ROOT, 'NOT_PERMITTED'],
  ['an agent of another user than root says', { ...asked(1), user: 'bob' }, ROOT, 'NOT_PERMITTED'],
  ['for another user', { ...asked(2), user: 'bob' }, ADA, 'NOT_PERMITTED'],
  ['for themself, in words', { ...asked(1), user: 'ada' }, ADA, 'NOT_PERMITTED'],
  ['an empty purpose', { ...asked(1), purpose: ' ' }, ADA, 'CONFIG_INVALID'],
  ['a purpose of two lines', { ...asked(1), purpose: 'a\nb' }, ADA, 'CONFIG_INVALID'],
  ['a purpose with an escape', { ...asked(1), purpose: '\u001b[2J' }, ADA, 'CONFIG_INVALID'],
  ['a name that turns direction', { ...asked(1), name: 'a\u202eb' }, ADA, 'CONFIG_INVALID'],
  ['a name with half a pair', { ...asked(1), name: '\ud800' }, ADA, 'CONFIG_INVALID'],
  ['an end that is over', { ...asked(1), until: 0 }, ADA, 'CONFIG_INVALID'],
] as const)('refuses %s, and keeps nothing of it', async (_, request, caller, code) => {
  using folder = temporaryFolder()
  const { claims, reported } = await open(folder.path)
  expect(await codeThrown(() => claims.claim(request, caller))).toBe(code)
  expect([claims.list(ROOT), reported]).toEqual([[], [[]]])
})

test("refers a claim of the machine's agent to the directory, also one of root", async () => {
  using folder = temporaryFolder()
  const { claims } = await open(folder.path)
  for (const caller of [ADA, ROOT])
    await expect(claims.claim(asked(3), caller)).rejects.toThrow('ask an administrator of the directory to register it')
})

test('refuses a sighting that is no agent, and any claim before the device is enrolled', async () => {
  using folder = temporaryFolder()
  const runtime: Sighting = {
    kind: 'model-runtime',
    id: idOf(1),
    name: 'ollama',
    evidence: [],
    state: 'installed',
    user: ada,
    listens: [],
    models: [],
  }
  const { claims } = await open(folder.path, { sightings: [runtime] })
  expect(await codeThrown(() => claims.claim(asked(1), ADA))).toBe('NOT_FOUND')
  const early = await open(folder.path, { isEnrolled: false })
  expect(await codeThrown(() => early.claims.claim(asked(1), ADA))).toBe('DEVICE_UNKNOWN')
})

test('root claims for a user, by name or id, as root; each user sees only their own', async () => {
  using folder = temporaryFolder()
  const { claims } = await open(folder.path)
  const ofBob = await claims.claim({ ...asked(2), user: 'bob' }, ROOT)
  const ofAda = await claims.claim({ ...asked(1), user: '1000' }, ROOT)
  expect([ofBob.claim, ofAda.claim]).toMatchObject([
    { user: bob, byRoot: true },
    { user: ada, byRoot: true },
  ])
  expect(claims.list(ADA)).toEqual([ofAda])
  expect(claims.list(BOB)).toEqual([ofBob])
  expect(claims.list(ROOT)).toEqual([ofAda, ofBob])
})

test('a product of a user waits once, also if asked ten times at once, until decided', async () => {
  using folder = temporaryFolder()
  const { claims } = await open(folder.path)
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => claims.claim(asked(1), ADA)))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(claims.list(ADA)).toHaveLength(1)
  const [{ claim } = { claim: undefined }] = claims.list(ADA)
  claims.decided([refused(claim?.id ?? '')])
  await claims.claim(asked(1), ADA)
  expect(claims.list(ADA)).toHaveLength(2)
})

test('limits open claims of a user and of the device, and forgets the oldest decided', async () => {
  using folder = temporaryFolder()
  const users = Array.from({ length: 5 }, (_, at) => ({ id: `${2000 + at}`, name: `user${at}` }))
  const many = users.flatMap((user, at) => Array.from({ length: 20 }, (_, one) => agent(100 * (at + 1) + one, user)))
  const { claims } = await open(folder.path, { sightings: many })
  const claimAll = async (at: number) => {
    const caller = { userId: `${2000 + at}`, isRoot: false }
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, one) => claims.claim(asked(100 * (at + 1) + one), caller)),
    )
    return results.filter(({ status }) => status === 'fulfilled').length
  }
  expect(await claimAll(0)).toBe(MAX_OPEN_OF_USER)
  for (const at of [1, 2, 3]) await claimAll(at)
  expect(claims.open).toHaveLength(MAX_OPEN)
  expect(await codeThrown(() => claims.claim(asked(500), { userId: '2004', isRoot: false }))).toBe('QUOTA_EXCEEDED')
  claims.decided(claims.open.map(({ id }) => refused(id)))
  expect(await claimAll(0)).toBe(MAX_OPEN_OF_USER)
  claims.decided(claims.open.map(({ id }) => refused(id)))
  await waitFor('the decisions', () => claims.open.length === 0)
  expect(claims.list({ userId: '2000', isRoot: false })).toHaveLength(16)
  expect(claims.list(ROOT)).toHaveLength(64)
})

test.each(['', '{}', '{"schema":"surety/agent-claims@1","claims":[{}]}'])(
  'sets a damaged file aside, and takes claims again: %j',
  async (damaged) => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'agent-claims.json'), damaged)
    const { claims, warnings } = await open(folder.path)
    expect([claims.list(ROOT), warnings()]).toEqual([[], ['STATE_DAMAGED']])
    await claims.claim(asked(1), ADA)
    expect((await open(folder.path)).claims.list(ADA)).toHaveLength(1)
  },
)

test('a claim that cannot be written is not there', async () => {
  using folder = temporaryFolder()
  const { claims, reported } = await open(folder.path)
  const other = temporaryFolder()
  other[Symbol.dispose]()
  const gone = await open(other.path)
  expect(await codeThrown(() => gone.claims.claim(asked(1), ADA))).toBe('STORE_FAILED')
  expect([gone.claims.list(ROOT), gone.claims.open, claims.open, reported]).toEqual([[], [], [], [[]]])
})
