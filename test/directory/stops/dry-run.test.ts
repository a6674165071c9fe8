import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { agentSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { ALL, type StopApi, seedDevices, stopApi, work } from './stop-fixture.ts'

let directory: TestDirectory
let api: StopApi
directoryForAll((started) => {
  directory = started
  api = stopApi(directory)
})

test('a dry run predicts the numbers of the receipts, and changes nothing', async () => {
  const [one = '', two = ''] = await seedDevices(directory, 2)
  const part = (pid: number) => ({
    role: 'agent' as const,
    pid,
    startTicks: 1,
    parentPid: 1,
    executable: '/usr/bin/claude',
    because: 'child',
  })
  const claude = agentSighting('a', {
    user: { id: '1000', name: 'ada' },
    workspace: '/home/ada/shop',
    parts: [part(7), part(8)],
    morePartsCount: 3,
  })
  const others = [unknownAgent('b'), agentSighting('c', { state: 'installed' })]
  // The seeded device has two running agents of its own.
  for (const device of [one, two]) await directory.store.sightings.end(device, ['0'.repeat(32), '2'.repeat(32)], 1)
  for (const each of [claude, ...others]) await directory.store.sightings.put(one, each, { snapshot: 's', at: 1 })
  await directory.store.sightings.put(two, agentSighting('d', { catalogueId: 'codex' }), { snapshot: 's', at: 1 })
  const request = { ...ALL, selector: { product: 'claude-code' }, dryRun: true }
  const dry = await api.ask('POST', '/stops', request)
  expect(dry.status).toBe(200)
  expect(dry.json).toEqual({
    twoPersons: false,
    warnings: [],
    impact: {
      devices: 2,
      affectedDevices: 1,
      agents: 1,
      processes: 5,
      ownerCount: 1,
      owners: ['alice@example.org'],
      workspaceCount: 1,
      workspaces: ['/home/ada/shop'],
      running: [
        {
          device: one,
          hostname: expect.any(String),
          owner: 'alice@example.org',
          connected: true,
          agent: 'a'.repeat(32),
          name: 'Claude Code',
          user: 'ada',
          workspace: '/home/ada/shop',
          processes: 5,
          pids: [7, 8],
        },
      ],
    },
  })
  expect([(await directory.store.stops.list({ limit: 9 }, 0)).items, await work(directory), await api.acts()]).toEqual([
    [],
    [],
    [],
  ])
  const impact = async (selector: object) => (await api.create({ ...ALL, selector, dryRun: true })).impact
  expect(await impact({ all: true })).toMatchObject({ affectedDevices: 2, agents: 3 })
  expect(await impact({ device: one })).toMatchObject({ devices: 1, affectedDevices: 1, agents: 2 })
  expect(await impact({ user: 'ada' })).toMatchObject({ agents: 1 })
  expect(await impact({ device: two, agent: 'd'.repeat(32) })).toMatchObject({ agents: 1, processes: 0 })
  expect(await impact({ product: 'claude-code', user: 'ada' })).toMatchObject({ affectedDevices: 1, agents: 1 })
  expect(await impact({ product: 'codex', user: 'ada' })).toMatchObject({ affectedDevices: 0, agents: 0 })
  expect(await impact({ user: 'nobody' })).toMatchObject({ affectedDevices: 0, agents: 0 })
})

test('a dry run counts agents that a selected agent started, and each process once', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  await directory.store.sightings.end(device, ['0'.repeat(32), '2'.repeat(32)], 1)
  const process = (pid: number) => ({ pid, startTicks: pid, bootId: 'b', parentPid: 1, executable: '/x' })
  const part = (pid: number) => ({
    role: 'tool' as const,
    pid,
    startTicks: pid,
    parentPid: 1,
    executable: '/x',
    because: 'child',
  })
  const running = (digit: string, product: string, pids: readonly [number, ...number[]]) =>
    agentSighting(digit, { catalogueId: product, process: process(pids[0]), parts: pids.map(part) })
  const agents = [
    ...[running('a', 'claude-code', [1, 2, 3]), running('b', 'codex', [3, 4, 5]), running('c', 'gemini-cli', [5, 6])],
    running('d', 'codex', [9]),
  ]
  for (const one of agents) await directory.store.sightings.put(device, one, { snapshot: 's', at: 1 })
  const counts = async (selector: object) => {
    const { impact } = await api.create({ ...ALL, selector, dryRun: true })
    return [impact?.agents, impact?.processes, impact?.running.map(({ pids }) => pids)]
  }
  expect(await counts({ product: 'claude-code' })).toEqual([
    3,
    6,
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ])
  expect(await counts({ product: 'codex' })).toEqual([3, 5, [[3, 4], [9], [5, 6]]])
  expect(await counts({ device, agent: 'c'.repeat(32) })).toEqual([1, 2, [[5, 6]]])
  expect(await counts({ all: true })).toEqual([4, 7, [[1, 2], [3, 4], [5, 6], [9]]])
})
