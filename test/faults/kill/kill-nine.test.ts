import { createHash, createPublicKey } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { compactVerify } from 'jose'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { openDatabase, type Row } from '../../../src/system/sqlite/sqlite.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { serveDirectory } from '../../support/directory/directory-process.ts'
import { TEST_SEED } from '../../support/jest/test-seed.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { bundlePrograms } from '../../support/processes/bundle-programs.ts'
import { freePorts } from '../../support/processes/free-port.ts'
import { seededRandom } from '../power/seeded-random.ts'
import type { ChildLine } from './child-line.ts'
import { startProcess } from './killed-process.ts'

/**
 * `kill -9` of the daemon, of the directory and of both, at random moments while evidence flows: from the first
 * enrolment on. `KILLS=1000` for as many as one likes, `TEST_SEED=NUMBER` for the same choices again. Several pairs are
 * killed side by side, of bundles, for most of the time is spent on starting.
 */

const MAIN_DIRECTORY = resolve(import.meta.dirname, '../../../src/main-directory.ts')
const CHILD = resolve(import.meta.dirname, 'evidence-child.ts')
const KILLS = Number(process.env.KILLS ?? 90)
const PAIRS = 3
// In memory where that is possible, for what is killed keeps its files either way; `TMPDIR` says otherwise.
const FOLDER = process.env.TMPDIR === undefined && existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const ZEROS = Buffer.alloc(32).toString('base64url')
const WHO = ['daemon', 'directory', 'both'] as const

class Promises {
  /** By sequence: the hashes that the child said are on its disk, or were acknowledged to it. */
  readonly kept = new Map<number, string>()
  readonly acknowledged = new Map<number, string>()
  readonly wrong: string[] = []
  readonly ends = new Map<string, number>()
  #newest = 0
  #moved = Promise.withResolvers<void>()

  hear(text: string): void {
    // The child is ours; a line is torn only when it was killed in the middle, which one write to a pipe is not.
    const line = JSON.parse(text) as ChildLine
    if (line.said === 'kept') this.#note(this.kept, line)
    else if (line.said === 'acknowledged') {
      // A device sends again what a directory forgot, so that nothing is missing in the end: a welcome tells of it.
      if (line.sequence < this.#newest) this.wrong.push(`at ${this.#newest}, then only at ${line.sequence}`)
      this.#newest = Math.max(this.#newest, line.sequence)
      const known = this.acknowledged.size
      this.#note(this.acknowledged, line)
      if (this.acknowledged.size === known) return
      this.#moved.resolve()
      this.#moved = Promise.withResolvers()
    } else if (line.said === 'ended') this.ends.set(line.code, (this.ends.get(line.code) ?? 0) + 1)
    else if (line.said === 'failure') this.wrong.push(text)
  }

  nextAcknowledgement(): Promise<void> {
    return this.#moved.promise
  }

  #note(places: Map<number, string>, { sequence, hash }: { sequence: number; hash: string }): void {
    const before = places.get(sequence)
    if (before !== undefined && before !== hash) this.wrong.push(`two batches were promised place ${sequence}`)
    places.set(sequence, hash)
  }
}

async function enrolmentFor(data: string, script: string, fixed: readonly string[]): Promise<string> {
  await using _ = await serveDirectory(data, fixed, script)
  const request = { owner: 'ada@example.org', minimumTier: 'software' }
  return (await apiClient(profileOf(data)).ask('POST', '/tokens', createdTokenReader, request)).enrolment
}

test(
  `after ${KILLS} kills, the directory has all that it acknowledged, in one chain`,
  async () => {
    using folder = mkdtempDisposableSync(join(FOLDER, 'surety-kill-'))
    const programs = await bundlePrograms(
      { directory: MAIN_DIRECTORY, daemon: CHILD },
      { folder: join(folder.path, 'programs') },
    )
    const pairs = Array.from({ length: PAIRS }, async (_, number) => {
      const own = join(folder.path, String(number))
      mkdirSync(own, { mode: 0o700 })
      const kills = Math.floor(KILLS / PAIRS) + (number < KILLS % PAIRS ? 1 : 0)
      return await killPair(programs, { folder: own, kills, seed: TEST_SEED + number })
    })
    const whole = { integrity: 'ok', events: [], wrong: [] }
    for (const { batches, ...outcome } of await Promise.all(pairs)) {
      expect(outcome).toEqual({ ...whole, devices: [{ epoch: 1, sequence: batches, forkedAt: null }] })
    }
  },
  scaledMs(Math.max(900_000, KILLS * 5_000)),
)

type Programs = Readonly<Record<'directory' | 'daemon', string>>

async function killPair(
  programs: Programs,
  { folder, kills, seed }: { readonly folder: string; readonly kills: number; readonly seed: number },
) {
  const random = seededRandom(seed)
  const [data, state] = [join(folder, 'directory'), join(folder, 'state')]
  const { devices, api } = await freePorts()
  const fixed = [
    '--devices-port',
    String(devices),
    '--api-port',
    String(api),
    '--console-port',
    '0',
    '--names',
    'localhost,127.0.0.1',
  ]
  const enrolment = await enrolmentFor(data, programs.directory, fixed)
  const promises = new Promises()
  const serve = ['serve', '--data', data, '--devices-host', '127.0.0.1', ...fixed]
  const start = {
    daemon: () => startProcess([programs.daemon, state], (line) => promises.hear(line)),
    directory: () => startProcess([programs.directory, ...serve], () => undefined),
  }
  mkdirSync(state, { mode: 0o700 })
  writeFileSync(join(state, 'enrolment'), enrolment, { mode: 0o600 })
  const running = { directory: start.directory(), daemon: start.daemon() }
  await using _whateverHappens = {
    [Symbol.asyncDispose]: async () =>
      void (await Promise.allSettled([running.daemon.kill(), running.directory.kill()])),
  }
  const killed = { daemon: 0, directory: 0, both: 0 }
  for (let kill = 0; kill < kills; kill++) {
    // Now while it flows, now while one of them comes up.
    if (random.happens(0.7)) {
      const flows = promises.nextAcknowledgement()
      await Promise.race([flows, running.daemon.failed, running.directory.failed])
    }
    await delay(random.below(random.happens(0.5) ? 30 : 500))
    const who = WHO[random.below(3)] ?? 'both'
    killed[who]++
    const which = who === 'both' ? (['daemon', 'directory'] as const) : [who]
    await Promise.all(which.map((one) => running[one].kill()))
    for (const one of which) running[one] = start[one]()
  }
  running.daemon.finish()
  await Promise.race([running.daemon.ended, running.directory.failed])
  await running.directory.kill()

  const held = heldBy(data)
  const ends = JSON.stringify(Object.fromEntries(promises.ends))
  process.stdout.write(
    `kill -9: ${JSON.stringify(killed)}, ${held.rows.length} batches, ${promises.kept.size} told as kept, ` +
      `${promises.acknowledged.size} acknowledgements, connections ended ${ends}, seed ${seed}\n`,
  )
  const wrong = [...promises.wrong, ...(await chainProblems(held, promises))]
  return { ...held.state, wrong, batches: held.rows.length }
}

interface Held {
  readonly key: Buffer
  readonly rows: readonly Row[]
  readonly state: object
}

function heldBy(data: string): Held {
  using database = openDatabase(join(data, 'directory.sqlite'))
  const key = database.prepare('SELECT application_key AS key FROM devices').get()?.key
  return {
    key: Buffer.from(String(key), 'base64url'),
    rows: database.prepare('SELECT device, epoch, sequence, hash, jws FROM evidence ORDER BY epoch, sequence').all(),
    state: {
      integrity: database.prepare('PRAGMA integrity_check').get()?.integrity_check,
      events: database.prepare("SELECT kind FROM activity WHERE kind IN ('forked', 'gap')").all(),
      devices: database.prepare('SELECT epoch, sequence, forked_at AS forkedAt FROM devices').all(),
    },
  }
}

/** The whole chain by somebody else's verifier: places 1 to the last, once each, linked, and every promise in it. */
async function chainProblems({ key, rows }: Held, promises: Promises): Promise<string[]> {
  const wrong: string[] = []
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' })
  const hashes = new Map<number, string>()
  let previous = ZEROS
  for (const [index, { device, jws, hash }] of rows.entries()) {
    const { payload } = await compactVerify(String(jws), publicKey)
    const { sub, epoch, sequence, previous: named } = JSON.parse(Buffer.from(payload).toString())
    const place = JSON.stringify({ sub, epoch, sequence, previous: named })
    const expected = JSON.stringify({ sub: device, epoch: 1, sequence: index + 1, previous })
    if (place !== expected) wrong.push(`${place} where ${expected} must be`)
    previous = createHash('sha256').update(String(jws)).digest('base64url')
    if (hash !== previous) wrong.push(`batch ${sequence} is filed under another hash`)
    hashes.set(sequence, previous)
  }
  for (const [what, places] of [['kept', promises.kept] as const, ['acknowledged', promises.acknowledged] as const]) {
    for (const [sequence, hash] of places) {
      const isHeld = sequence === 0 || hashes.get(sequence) === hash
      if (!isHeld) wrong.push(`${what} and lost: ${sequence}`)
    }
  }
  return wrong
}
