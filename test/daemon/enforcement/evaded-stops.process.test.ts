import { randomBytes } from 'node:crypto'
import { chownSync, copyFileSync, linkSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { localStops, type StopCaller, stopsFor } from '../../../src/daemon/enforcement/local-stops.ts'
import { type EvadedDevice, evadedDevice, evadingAgent } from '../../support/daemon/evaded-device.ts'
import { stopOf } from '../../support/daemon/test-enforcement.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'
import { waitFor } from '../../support/wait-for.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe

/** As the kernel finds it for a program of this machine. */
const LOADER = realpathSync(process.arch === 'x64' ? '/lib64/ld-linux-x86-64.so.2' : '/lib/ld-linux-aarch64.so.1')
const ofEve = () => stopOf({ selector: { select: 'user', user: 'eve' } })

/** Stops what is Eve's, after a scan. */
async function stopEve(device: EvadedDevice) {
  await device.scan()
  const { receipt } = await device.enforcement.stop(ofEve())
  return receipt
}

asRoot('a stop of a user holds an agent', () => {
  test('that runs as that user', async () => {
    await using device = await evadedDevice()
    await using agent = await evadingAgent(device, [device.claude])
    expect(await stopEve(device)).toMatchObject({ agentCount: 1, agents: [{ product: 'claude-code', user: 'eve' }] })
    expect(await agent.hasWorked()).toBe(false)
  })

  test('that the user started with sudo, over a restart too, and releases it', async () => {
    await using device = await evadedDevice()
    await using agent = await evadingAgent(device, [device.claude], { uid: 0, loginId: Number(device.eve.id) })
    expect(await stopEve(device)).toMatchObject({ agentCount: 1, agents: [{ product: 'claude-code', user: '0' }] })
    expect(await agent.hasWorked()).toBe(false)
    await device.restart()
    await device.scan()
    await waitFor('the agent to be held again', () => device.enforcement.held.length === 1)
    expect(device.enforcement.held).toMatchObject([{ userId: '0', humans: [{ id: device.eve.id, name: 'eve' }] }])
    expect(await agent.hasWorked()).toBe(false)
    await device.enforcement.release(device.enforcement.stops.map(({ id }) => id))
    await agent.works()
  })

  test('that runs as an id of the user in a container without root', async () => {
    await using device = await evadedDevice({ eve: { subordinateIds: [{ first: 540_000, count: 65_536 }] } })
    await using agent = await evadingAgent(device, [device.claude], { uid: 541_000 })
    await using other = await evadingAgent(device, [device.claude], { uid: 605_536 })
    expect(await stopEve(device)).toMatchObject({ agentCount: 1, agents: [{ user: '541000' }] })
    expect(await agent.hasWorked()).toBe(false)
    await other.works()
  })

  test('but not one of root without that login', async () => {
    await using device = await evadedDevice()
    await using agent = await evadingAgent(device, [device.claude], { uid: 0, loginId: 54_322 })
    expect(await stopEve(device)).toMatchObject({ agentCount: 0 })
    await agent.works()
  })
})

/** Once seen by its path, and ended. */
async function seenClaude(device: EvadedDevice) {
  await using _ = await evadingAgent(device, [device.claude])
  await device.scan()
}

asRoot('a stop of a user holds an agent under another name', () => {
  test('of a hard link, although the name that is known has gone', async () => {
    await using device = await evadedDevice()
    await seenClaude(device)
    const other = join(device.eve.home, 'notes')
    linkSync(device.claude, other)
    rmSync(device.claude)
    await using agent = await evadingAgent(device, [other])
    expect(await stopEve(device)).toMatchObject({ agentCount: 1, agents: [{ product: 'claude-code', user: 'eve' }] })
    expect(await agent.hasWorked()).toBe(false)
    expect(device.discovery.runningAgents.list().find(({ user }) => user?.name === 'eve')?.programs).toEqual([
      device.claude,
      other,
    ])
  })

  test('of a file that it is mounted over, which only it sees', async () => {
    await using device = await evadedDevice()
    await seenClaude(device)
    await using agent = await evadingAgent(device, ['/usr/bin/true'], { mounted: [device.claude, '/usr/bin/true'] })
    expect(await stopEve(device)).toMatchObject({ agentCount: 1 })
    expect(await agent.hasWorked()).toBe(false)
  })

  test.each([
    ['its path', (claude: string) => [claude]],
    ['a path from its folder', () => ['.local/bin/claude']],
    ['a link', (claude: string) => [`${claude}-link`]],
    ['options before it', (claude: string) => ['--argv0', 'notes', '--inhibit-cache', claude]],
  ])('that the dynamic linker runs by %s', async (_, args) => {
    await using device = await evadedDevice()
    symlinkSync(device.claude, `${device.claude}-link`)
    await using agent = await evadingAgent(device, [LOADER, ...args(device.claude)])
    expect(await stopEve(device)).toMatchObject({ agentCount: 1 })
    expect(await agent.hasWorked()).toBe(false)
  })

  test('but not a file of another owner that a user mounted over the known path', async () => {
    await using device = await evadedDevice()
    const { claude, eve } = device
    const mine = join(eve.home, 'python')
    copyFileSync('/bin/sh', mine)
    {
      // A file of root at the path of an agent: everyone's program by another path.
      await using _ = await evadingAgent(device, [claude], { mounted: [mine, claude] })
      await device.scan()
    }
    await using agent = await evadingAgent(device, [mine])
    expect(await stopEve(device)).toMatchObject({ agentCount: 0 })
    await agent.works()
  })
})

asRoot('the receipt says what may do the work of a held agent', () => {
  const NEW = ['work-elsewhere', 'unknown-programs']

  test.each([
    ['a shell that waits for no program', [], 'work-elsewhere'],
    ['tmux', ['tmux'], 'work-elsewhere'],
    ['a copy of the agent', ['copy'], 'unknown-programs'],
  ])('%s', async (_, names, weakness) => {
    await using device = await evadedDevice()
    await using agent = await evadingAgent(device, [device.claude])
    expect((await stopEve(device)).weaknesses).not.toEqual(expect.arrayContaining(NEW))
    const [name] = names
    const program = name === undefined ? '/bin/sh' : join(device.eve.home, name)
    if (name !== undefined) copyFileSync('/bin/sh', program)
    if (name === 'copy') chownSync(program, Number(device.eve.id), Number(device.eve.id))
    await using other = await evadingAgent(device, [program], { inSession: true })
    const { weaknesses } = await stopEve(device)
    expect(weaknesses.filter((each) => NEW.includes(each))).toEqual([weakness])
    expect(await agent.hasWorked()).toBe(false)
    await other.works()
  })
})

asRoot('what a user started with sudo', () => {
  const root: StopCaller = { userId: '0', isRoot: true }
  const other: StopCaller = { userId: '54322', isRoot: false }

  test('is stopped and released by that user and root, and by no other', async () => {
    await using device = await evadedDevice()
    const eve: StopCaller = { userId: device.eve.id, isRoot: false }
    const { enforcement } = device
    const local = localStops({
      enforcement,
      agents: device.discovery.runningAgents,
      now: Date.now,
      random: randomBytes,
      report: () => undefined,
    })
    await using agent = await evadingAgent(device, [device.claude], { uid: 0, loginId: Number(eve.userId) })
    await device.scan()
    const id = device.discovery.runningAgents.list().find(({ humans }) => humans?.[0]?.id === eve.userId)?.id ?? ''
    await expect(local.freeze({ agent: id }, other)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    for (const releasing of [eve, root]) {
      await local.freeze({ agent: id }, eve)
      expect(await agent.hasWorked()).toBe(false)
      expect([eve, other].map((caller) => stopsFor({ enforcement }, caller).heldCount)).toEqual([1, 0])
      await expect(local.release({ agent: id }, other)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await local.release({ agent: id }, releasing)
      await agent.works()
    }
    await local.freeze({ agent: id }, root)
    await expect(local.release({ agent: id }, eve)).rejects.toMatchObject({ code: 'NOT_PERMITTED' })
  })
})
