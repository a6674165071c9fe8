import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { idOf, seed } from '../../contracts/stores/seeds.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { compileShim } from '../shims/compile-shim.ts'
import { openDeparting } from './departing.ts'

/**
 * `kill -9` before each change of a file while a human is deactivated. Afterwards the departure is complete or has not begun. If it
 * is complete, the next start sends every device its order; if not, it can be done again.
 */

const CHILD = resolve(import.meta.dirname, 'departure-child.ts')
const folder = temporaryFolder()
const shim = compileShim(resolve(import.meta.dirname, '../stops/step-shim.c'), folder.path)
afterAll(() => folder[Symbol.dispose]())

const random = (bytes: number) => new Uint8Array(randomBytes(bytes))
const PERSON = { id: 'adm', name: 'administrator' }
const DEVICES = [1, 2, 3].map((number) => idOf('dev', number))
const AGENTS = 4
/** More steps than it has. */
const MOST_STEPS = 400

/** A directory with a human who owns agents on each device, one with a successor. @returns the id of the human. */
async function seeded(path: string): Promise<string> {
  using directory = openDeparting(path, random)
  const { store } = directory
  await seed(store, ...DEVICES.map((id) => ({ id })))
  const ada = (await directory.humans.add({ userName: 'ada' }, PERSON)).human
  const bob = (await directory.humans.add({ userName: 'bob' }, PERSON)).human
  for (const device of DEVICES) {
    for (let made = 0; made < AGENTS; made++) {
      const criteria = { products: [`product-${made}`], device }
      const request = {
        name: `${made}`,
        purpose: 'p',
        criteria,
        owner: ada.id,
        state: 'active',
        successor: bob.id,
      } as const
      const { id } = await directory.agents.create(request, { person: PERSON })
      const principal = { ...PERSON, kind: 'administrator', role: 'administrator' } as const
      if (made === 0) await directory.agents.acceptSuccession(id, principal)
    }
  }
  const expiresAt = Date.now() + 86_400_000
  await directory.serviceAccounts.add({ name: 'ci', purpose: 'p', owner: ada.id, expiresAt }, PERSON)
  const group = await directory.groups.add({ name: 'crew' }, PERSON)
  await directory.groups.change(group.id, { add: [ada.id] }, PERSON)
  return ada.id
}

/** @returns whether it was killed. */
async function killedBefore(step: number, data: string, human: string): Promise<boolean> {
  const [control, trace] = [join(data, '..', 'control'), join(data, '..', 'trace')]
  writeFileSync(control, Buffer.alloc(8))
  const args = ['--disable-warning=ExperimentalWarning', CHILD, data, human, control, `${step}`]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(folder.path, 'compiled'),
      LD_PRELOAD: 'path' in shim ? shim.path : '',
      STEP_CONTROL: control,
      STEP_TRACE: trace,
      STEP_WATCH: data,
    },
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code, signal] = await once(child, 'close')
  if (signal !== 'SIGKILL' && (code !== 0 || said !== 'done\n')) throw new Error(`the child ended: ${code} ${said}`)
  if (signal === 'SIGKILL' && !readFileSync(trace, 'utf8').includes('KILLED'))
    throw new Error('killed by something else')
  return signal === 'SIGKILL'
}

/** What stands on disk of the departure: all of it, or nothing. */
async function conditionOf({ store }: ReturnType<typeof openDeparting>, human: string) {
  const owned = await store.registrations.ownedBy(human, { limit: 100 })
  return {
    status: (await store.humans.get(human))?.status,
    active: owned.filter(({ state }) => state === 'active').length,
    retiring: owned.filter(({ state, stop }) => state === 'retiring' && stop !== undefined).length,
    stops: (await store.stopProgress.counts()).stops.standing,
    serviceAccounts: (await store.serviceAccounts.ownedBy(human)).length,
    groups: (await store.humans.groupsOf(human)).length,
    recorded: (await store.events.list({ limit: 500 })).filter(({ kind }) => kind === 'human-deactivated').length,
  }
}

const ALL = DEVICES.length * AGENTS
const RETIRED = DEVICES.length * (AGENTS - 1)
const NOT_BEGUN = { status: 'active', active: ALL, retiring: 0, stops: 0, serviceAccounts: 1, groups: 1, recorded: 0 }
const COMPLETE = {
  status: 'deactivated',
  active: 0,
  retiring: RETIRED,
  stops: RETIRED,
  serviceAccounts: 0,
  groups: 0,
  recorded: 1,
}

const eachStep = 'missing' in shim ? test.skip : test

eachStep(
  'killed before each step, a departure is complete or not begun, and orders follow',
  async () => {
    const origin = join(folder.path, 'origin')
    mkdirSync(origin, { mode: 0o700 })
    const human = await seeded(origin)
    const seen = { 'not begun': 0, complete: 0 }
    for (let step = 1; step <= MOST_STEPS; step++) {
      using own = temporaryFolder()
      const data = join(own.path, 'data')
      cpSync(origin, data, { recursive: true })
      const killed = await killedBefore(step, data, human)
      using directory = openDeparting(data, random)
      const found = await conditionOf(directory, human)
      const isComplete = found.status === 'deactivated'
      expect({ step, ...found }).toEqual({ step, ...(isComplete ? COMPLETE : NOT_BEGUN) })
      seen[isComplete ? 'complete' : 'not begun']++
      if (!isComplete) await directory.departures.deactivate(human, PERSON, { reason: 'left' })
      expect(await conditionOf(directory, human)).toEqual(COMPLETE)
      directory.stopOrders.check(DEVICES)
      while (await directory.stopOrders.work());
      expect(DEVICES.map((device) => directory.sent.filter((to) => to === device).length)).toEqual(
        DEVICES.map(() => AGENTS - 1),
      )
      if (!killed) break
    }
    process.stdout.write(`a departure: ${JSON.stringify(seen)}\n`)
    expect(seen['not begun']).toBeGreaterThan(5)
    expect(seen.complete).toBeGreaterThan(0)
    expect(seen['not begun'] + seen.complete).toBeLessThan(MOST_STEPS)
  },
  scaledMs(600_000),
)
