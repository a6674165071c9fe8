import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { list } from '../../../src/admin/nouns/call.ts'
import type { DeviceClaim } from '../../../src/protocol/messages/control.ts'
import { inbox } from '../../../src/protocol/nouns/agents/inbox.ts'
import { registrationReader } from '../../../src/protocol/nouns/agents/registrations.ts'
import { claims } from '../../../src/protocol/nouns/people/claims.ts'
import { accountReader, changedHumanReader } from '../../../src/protocol/nouns/people/people.ts'
import { type World, world } from '../../faults/world/device-and-directory.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { asRoot, MALLORY } from '../../support/users/other-user.ts'
import { addon } from '../../support/users/peers.ts'
import { waitFor } from '../../support/wait-for.ts'

/** An employee claims an agent that runs as them, while the directory is away. Their manager accepts it. Real programs. */

const CLI = resolve(import.meta.dirname, '../../../src/main-cli.ts')
const PRODUCT = 'junie'
const EMPLOYEE = { uid: MALLORY, gid: MALLORY }

/** A shell where that product has its program, run by an ordinary user. */
function startAgent(folder: string) {
  const path = join(folder, 'junie-app/bin/junie')
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync('/bin/bash', path)
  const child = spawn(path, ['-c', 'while :; do read -t 1 <> <(:); done'], {
    ...EMPLOYEE,
    stdio: 'ignore',
    detached: true,
  })
  return {
    [Symbol.dispose]() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    },
  }
}

/** `surety …` as the ordinary user runs it. */
async function surety(folder: string, ...args: readonly string[]) {
  const socket = join(folder, 'run', 'control.sock')
  const child = spawn(process.execPath, [CLI, ...args, '--socket', socket], {
    ...EMPLOYEE,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => {
    said.out += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    said.err += String(chunk)
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode, ...said }
}

const patiently = <T>(until: (seen: T) => boolean) => ({
  until,
  withinMs: scaledMs(60_000),
  everyMs: 200,
  show: (seen: T) => JSON.stringify(seen).slice(0, 4_000),
})

async function claimsOf({ folder }: World): Promise<readonly DeviceClaim[]> {
  return JSON.parse((await surety(folder, 'agents', 'claims', '--json')).out).claims
}

const here = addon === undefined ? test.skip : asRoot('a claim of another user')
here(
  'an employee claims, the manager accepts, and the seen agent is registered',
  async () => {
    await using home = await world()
    chmodSync(home.folder, 0o755)
    const directory = await home.startDirectory()
    await home.invite('software')
    const daemon = await home.startDaemon()
    const device = (await home.untilSettled()).device?.id ?? ''
    using _ = startAgent(home.folder)
    const agents = () => surety(home.folder, 'agents', '--json')
    await waitFor(
      'the agent',
      agents,
      patiently(({ out }) => out.includes(PRODUCT)),
    )

    // Root is another user: the kernel says so.
    expect((await home.surety('agents', 'claim', PRODUCT, '--purpose', 'x')).err).toContain('NOT_PERMITTED')
    await directory[Symbol.asyncDispose]()
    const claimed = await surety(home.folder, 'agents', 'claim', PRODUCT, '--purpose', 'weekly report')
    expect(claimed).toMatchObject({ exitCode: 0, err: '', out: expect.stringContaining('Claimed junie') })
    daemon.kill('SIGKILL')
    await home.startDaemon()
    await waitFor(
      'the agent again',
      agents,
      patiently(({ out }) => out.includes(PRODUCT)),
    )
    const again = await surety(home.folder, 'agents', 'claim', PRODUCT, '--purpose', 'weekly report')
    expect(again).toMatchObject({ exitCode: 1, err: expect.stringContaining('CONFLICT') })
    expect(await claimsOf(home)).toMatchObject([{ claim: { product: PRODUCT, user: { id: `${MALLORY}` } } }])

    await home.startDirectory()
    const listed = () => list(home.api, claims, { state: 'pending' })
    const { items } = await waitFor(
      'the claim',
      listed,
      patiently((seen) => seen.items.length > 0),
    )
    const [claim] = items
    expect(claim).toMatchObject({ device, product: PRODUCT, purpose: 'weekly report', state: 'pending' })
    const id = claim?.id ?? ''

    const profile = join(home.folder, 'grace.json')
    await home.suretyDirectory('administrators', 'add', 'grace', '--role', 'viewer', '--out', profile)
    const asGrace = ['claims', 'accept', id, '--profile', profile]
    await expect(home.suretyDirectory(...asGrace)).rejects.toThrow('NOT_PERMITTED')
    const { human: grace } = await home.api.ask('POST', '/humans', changedHumanReader, { userName: 'grace' })
    const manager = grace.id
    const { human: ada } = await home.api.ask('POST', '/humans', changedHumanReader, { userName: 'ada', manager })
    await home.api.ask('POST', '/accounts/confirmation', accountReader, { device, user: `${MALLORY}`, human: 'ada' })
    expect(await home.suretyDirectory(...asGrace)).toContain('is accepted')

    const [mine] = await waitFor(
      'the answer',
      () => claimsOf(home),
      patiently(([one]) => one?.decision !== undefined),
    )
    const registration = mine?.decision?.registration ?? ''
    expect(mine?.decision).toMatchObject({ outcome: 'accepted', by: 'grace' })
    expect((await surety(home.folder, 'agents', 'claims')).out).toContain('accepted by grace')
    expect(await home.api.ask('GET', `/registrations/${registration}`, registrationReader)).toMatchObject({
      state: 'active',
      owner: ada.id,
      purpose: 'weekly report',
      criteria: { products: [PRODUCT], device, human: ada.id },
    })
    const { items: seen } = await list(home.api, inbox, { state: 'registered' })
    expect(seen).toMatchObject([{ product: PRODUCT, state: 'registered', registration: { id: registration } }])
  },
  scaledMs(300_000),
)
