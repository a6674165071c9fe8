import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Receipt } from '../../../src/protocol/messages/evidence.ts'
import { agentOf } from '../../support/daemon/test-enforcement.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { type CountingAgent, countingAgent, groupOf } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName } from '../../support/processes/test-freezer.ts'
import { testSlice } from '../../support/processes/test-slice.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { compileShim } from '../shims/compile-shim.ts'
import { orderTo, type StopKind, stoppingDevice } from './stopping-device.ts'

/**
 * `kill -9` before the steps of a stop and of a release: each change of a file or a cgroup, each signal, of JavaScript and of the
 * addon. Afterwards the whole agent is frozen or free, the receipt says which, and the order is carried out to its end.
 */

const CHILD = resolve(import.meta.dirname, 'step-child.ts')
const folder = temporaryFolder()
const shim = compileShim(resolve(import.meta.dirname, 'step-shim.c'), folder.path)
afterAll(() => folder[Symbol.dispose]())

const eachKind = CGROUP2 === undefined || 'missing' in shim ? describe.skip : describe

/** The test kills before every third step, and starts at the first, second or third; `STEP_STRIDE=1` for all of them. */
const STRIDE = Number(process.env.STEP_STRIDE ?? 3)
/** More steps than any of them has. */
const MOST_STEPS = 300
/** Runs side by side, each with an agent of its own. The story ends once none of them had a further step. */
const AT_ONCE = 3

interface Story {
  readonly kinds: readonly StopKind[]
  readonly without: readonly ('cgroup2' | 'cgroup1')[]
}

/** Runs the orders until the child is killed before a step of the last one. @returns that step; undefined where it has none. */
async function killedBefore(
  step: number,
  { kinds, without }: Story,
  init: { readonly folder: string; readonly name: string; readonly agent: object; readonly watch: string },
): Promise<string | undefined> {
  const [control, trace] = [join(init.folder, 'control'), join(init.folder, 'trace')]
  writeFileSync(control, Buffer.alloc(8))
  const state = join(init.folder, 'state')
  const args = [state, init.name, JSON.stringify(init.agent), JSON.stringify(without), kinds.join(' ')]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, ...args, control, `${step}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(folder.path, 'compiled'),
      LD_PRELOAD: 'path' in shim ? shim.path : '',
      STEP_CONTROL: control,
      STEP_TRACE: trace,
      STEP_WATCH: [state, `surety.quarantine/${init.name}`, init.watch].join(':'),
    },
  })
  let [out, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const [code, signal] = await once(child, 'close')
  if (code === 0 && out === 'done\n') return undefined
  if (signal !== 'SIGKILL') throw new Error(`the child ended with ${code ?? signal}: ${out}${errors}`)
  const killed = /^KILLED (.*)$/m.exec(readFileSync(trace, 'utf8'))?.[1]
  if (killed === undefined) throw new Error('the child was killed by something else')
  return killed
    .replaceAll(init.folder, '')
    .replaceAll(init.name, 'NAME')
    .replaceAll(/[0-9a-f]{16,}/g, '…')
}

/** What the kernel says of all processes of an agent: `mixed` is half. */
function conditionOf({ pid }: CountingAgent, name: string): 'frozen' | 'free' | 'ended' | 'mixed' {
  const seen = [pid, ...childrenOf(pid)].map((one) => {
    const state = stateOf(one)
    if (state === undefined || state === 'Z' || state === 'X') return 'ended'
    return state === 'T' || groupOf(one).includes(`surety.quarantine/${name}`) ? 'frozen' : 'free'
  })
  const [first = 'ended'] = seen
  return seen.every((one) => one === first) ? first : 'mixed'
}

function stateOf(pid: number): string | undefined {
  try {
    return /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]
  } catch {
    return undefined
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

async function expectOne(agent: CountingAgent, name: string, condition: 'frozen' | 'free' | 'ended'): Promise<void> {
  await waitFor(`the whole agent to be ${condition}`, () => conditionOf(agent, name), {
    until: (seen) => seen === condition,
  })
  if (condition === 'free') await agent.goesOn()
  else await waitFor('the agent to stand still', async () => !(await agent.writes()))
}

const END = { freeze: 'frozen', retire: 'ended', release: 'free' } as const

async function killAndStartAgain(step: number, story: Story): Promise<string | undefined> {
  using own = temporaryFolder()
  const state = join(own.path, 'state')
  mkdirSync(state, { mode: 0o700 })
  using slice = testSlice()
  const name = freezerName()
  await using agent = await countingAgent(own.path, 'agent')
  await using other = await countingAgent(own.path, 'other')
  for (const { pid } of [agent, other]) slice.take(pid)
  const found = agentOf(agent)
  const where = await killedBefore(step, story, { folder: own.path, name, agent: found, watch: '.slice' })
  const number = story.kinds.length
  const kind = story.kinds.at(-1) ?? 'freeze'
  {
    await using next = await stoppingDevice({ folder: state, name, found: [found], without: story.without })
    await other.goesOn()
    await next.settled()
    next.scanned([found])
    const stands = next.enforcement.stops.length > 0
    const [receipt] = next.receipts().filter((one) => one.number === number)
    // Without a receipt the order was not accepted, and nothing has changed.
    const done = receipt === undefined ? story.kinds.at(-2) : kind
    await expectOne(agent, name, done === undefined ? 'free' : END[done])
    expect(stands).toBe(done !== undefined && done !== 'release')
    if (receipt !== undefined) expectReceipt(receipt, kind)
    // The directory sends it again, unless it has the receipt.
    expectReceipt(await next.carryOut(orderTo(kind, number)), kind)
    await expectOne(agent, name, END[kind])
    if (kind === 'freeze') expectReceipt(await next.carryOut(orderTo('release', number + 1)), 'release')
    if (kind !== 'retire') await expectOne(agent, name, 'free')
    await other.goesOn()
  }
  return where
}

/** That of a retire that was interrupted finds nothing any more. */
function expectReceipt({ outcome, code, stop }: Receipt, kind: StopKind): void {
  expect({ outcome, code }).toEqual({ outcome: 'done', code: undefined })
  if (kind === 'freeze') expect(stop).toMatchObject({ agentCount: 1, processCount: 2, missed: [] })
}

eachKind('killed before each step', () => {
  test.each<[string, Story]>([
    ['a freeze', { kinds: ['freeze'], without: [] }],
    ['a release', { kinds: ['freeze', 'release'], without: [] }],
    ['a retire', { kinds: ['retire'], without: [] }],
    ['a freeze by signals', { kinds: ['freeze'], without: ['cgroup2', 'cgroup1'] }],
    ['a release by signals', { kinds: ['freeze', 'release'], without: ['cgroup2', 'cgroup1'] }],
  ])(
    'of %s an agent is frozen or free as a whole, and the receipt says which',
    async (title, story) => {
      const steps: string[] = []
      // A run may have a few steps less than another.
      for (let first = 1 + (Date.now() % STRIDE); first <= MOST_STEPS; first += AT_ONCE * STRIDE) {
        const runs = Array.from({ length: AT_ONCE }, (_, at) => first + at * STRIDE).map((step) =>
          killAndStartAgain(step, story).catch((cause: unknown) => {
            throw new Error(`killed before step ${step}, after ${steps.at(-1)}`, { cause })
          }),
        )
        // All of them end before the test does.
        const ended = await Promise.allSettled(runs)
        for (const run of ended) if (run.status === 'rejected') throw run.reason
        const killed = (await Promise.all(runs)).filter((where) => where !== undefined)
        steps.push(...killed)
        if (killed.length === 0) break
      }
      process.stdout.write(`${title}: killed before ${steps.length} steps:\n  ${steps.join('\n  ')}\n`)
      expect(steps.length).toBeGreaterThan(5)
      expect(steps.length).toBeLessThan(MOST_STEPS)
    },
    scaledMs(600_000),
  )
})
