import { codeThrown } from '../../support/code-thrown.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { hashOf, type ScriptedDevice, ZEROS } from '../../support/directory/scripted-device.ts'
import { enrolled, sendAndAck } from './enrolled-device.ts'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

const findings = (state: 'pass' | 'fail', detail = 'so') => [{ check: 'os.supported', state, detail }]

describe('gaps', () => {
  async function withDropped(count: number) {
    const { device, wire } = await enrolled(running)
    await sendAndAck(wire, await device.batch())
    const before = device.head
    for (let i = 0; i < count; i++) await device.batch()
    const gap = { firstSequence: 2, lastSequence: 1 + count, before, last: device.head }
    return { device, wire, gap }
  }

  test('a gap record that comes next relinks the chain at once', async () => {
    const { device, wire, gap } = await withDropped(3)
    const record = await device.batch({ gap })
    expect(await sendAndAck(wire, record)).toEqual({ sequence: 5, head: hashOf(record) })
    const next = await device.batch()
    expect(await sendAndAck(wire, next)).toEqual({ sequence: 6, head: hashOf(next) })
  })

  test('an early gap record waits for its position while batches between are appended', async () => {
    const { device, wire, gap } = await withDropped(2)
    const kept = [await device.batch(), await device.batch({ findings: findings('fail') })]
    const record = await device.batch({ gap })
    expect(await sendAndAck(wire, record)).toEqual({ sequence: 3, head: gap.last })
    expect(await sendAndAck(wire, kept[0] ?? '')).toEqual({ sequence: 4, head: hashOf(kept[0] ?? '') })
    expect(await sendAndAck(wire, kept[1] ?? '')).toEqual({ sequence: 6, head: hashOf(record) })
    expect(await sendAndAck(wire, record)).toEqual({ sequence: 6, head: hashOf(record) })
  })

  test('each batch appends at most one waiting gap record', async () => {
    const { device, wire } = await enrolled(running)
    await sendAndAck(wire, await device.batch())
    const dropped = [device.head]
    for (let i = 0; i < 5; i++) {
      await device.batch()
      dropped.push(device.head)
    }
    const records: string[] = []
    for (let i = 0; i < 5; i++) {
      const [before = '', last = ''] = dropped.slice(i)
      const gap = { firstSequence: i + 2, lastSequence: i + 2, before, last }
      records.push(await device.batch({ gap, findings: findings('fail', `record ${i}`) }))
    }
    const taken = []
    for (const record of [...records, ...records]) taken.push((await sendAndAck(wire, record)).sequence)
    expect(taken).toEqual([2, 3, 4, 5, 7, 7, 8, 9, 10, 11])
    expect(running.rows('SELECT text FROM findings WHERE device = ?', device.id ?? '')).toEqual([{ text: 'record 4' }])
    const next = await device.batch()
    expect(await sendAndAck(wire, next)).toEqual({ sequence: 12, head: hashOf(next) })
  })

  test('a waiting gap record survives a restart', async () => {
    await using own = await runningDirectory()
    const { device, wire } = await enrolled(own)
    const before = device.head
    await device.batch()
    const gap = { firstSequence: 1, lastSequence: 1, before, last: device.head }
    const kept = await device.batch()
    const record = await device.batch({ gap })
    await sendAndAck(wire, record)
    await own.restart()
    const back = Object.assign(own.device().clone(), { ...device, init: own.device().init })
    const { wire: again, welcome } = await back.connect()
    expect(welcome).toMatchObject({ sequence: 1, head: gap.last })
    expect(await sendAndAck(again, kept)).toEqual({ sequence: 3, head: hashOf(record) })
    again.close()
  })

  test.each([
    ['begins later than the chain stands', { firstSequence: 3 }],
    ['follows another batch', { before: ZEROS }],
    ['ends before it begins', { lastSequence: 1 }],
    ['claims its own place', { lastSequence: 5 }],
    ['ends in another batch than it follows', { last: ZEROS }],
  ])('a gap that %s is refused', async (_, changes) => {
    const { device, wire, gap } = await withDropped(3)
    wire.send(await device.batch({ gap: { ...gap, ...changes } }))
    expect(await wire.refusal()).toBe('EVIDENCE_GAP_UNPROVEN')
  })
})

describe('applying evidence', () => {
  const rows = (sql: string, device: ScriptedDevice) => running.rows(sql, device.id ?? '')

  test('a finding keeps the time of its first failure until it passes', async () => {
    const { device, wire } = await enrolled(running)
    const since = async (state: 'pass' | 'fail', detail?: string) => {
      await sendAndAck(wire, await device.batch({ findings: findings(state, detail) }))
      return rows('SELECT state, text, since FROM findings WHERE device = ?', device)[0]
    }
    const first = await since('fail', 'old')
    expect(first).toEqual({ state: 'fail', text: 'old', since: expect.any(Number) })
    expect(await since('fail', 'older')).toEqual({ state: 'fail', text: 'older', since: first?.since })
    expect(await since('pass')).toEqual({ state: 'pass', text: 'so', since: null })
  })

  test('a check that does not apply keeps its reason, and no time of failure', async () => {
    const { device, wire } = await enrolled(running)
    const reported = async (state: 'fail' | 'not-applicable') => {
      const check = 'boot.setup-mode'
      const finding = state === 'fail' ? { check, state, detail: 'on' } : { check, state, reason: 'no such thing' }
      await sendAndAck(wire, await device.batch({ findings: [finding] }))
      return rows('SELECT state, text, since FROM findings WHERE device = ?', device)[0]
    }
    expect(await reported('fail')).toEqual({ state: 'fail', text: 'on', since: expect.any(Number) })
    const applied = { state: 'not-applicable', text: 'no such thing', since: null }
    expect(await reported('not-applicable')).toEqual(applied)
  })

  test('a check reported both as a pass and as not applicable does not count as a pass', async () => {
    const { device, wire } = await enrolled(running)
    const other = { check: 'os.supported', state: 'not-applicable' as const, reason: 'no such thing' }
    await sendAndAck(wire, await device.batch({ findings: [...findings('pass'), other] }))
    expect(rows('SELECT state FROM findings WHERE device = ?', device)).toEqual([{ state: 'not-applicable' }])
  })

  test('a check no longer reported becomes unknown, and an unknown one is deleted', async () => {
    const { device, wire } = await enrolled(running)
    const both = [...findings('pass'), { check: 'custom.thing', state: 'pass' as const, detail: '' }]
    await sendAndAck(wire, await device.batch({ findings: both }))
    await sendAndAck(wire, await device.batch({ findings: [] }))
    expect(rows('SELECT check_name, state, text FROM findings WHERE device = ?', device)).toEqual([
      { check_name: 'os.supported', state: 'unknown', text: 'no longer reported' },
    ])
  })

  test('the worse of two findings for one check counts', async () => {
    const { device, wire } = await enrolled(running)
    await sendAndAck(wire, await device.batch({ findings: [...findings('fail'), ...findings('pass')] }))
    expect(rows('SELECT state FROM findings WHERE device = ?', device)).toEqual([{ state: 'fail' }])
  })

  const agent = (id: string) => ({
    kind: 'agent' as const,
    id: id.repeat(32),
    name: `agent ${id}`,
    evidence: [],
    state: 'running' as const,
    agentKind: 'cli',
  })
  const present = 'SELECT name FROM sightings WHERE device = ? AND gone_at IS NULL ORDER BY name'

  test('a full snapshot replaces the sightings with its last part; deltas add and end', async () => {
    const { device, wire } = await enrolled(running)
    const part = (number: number, items: readonly string[]) => ({
      mode: 'full' as const,
      snapshot: 's2',
      part: number,
      parts: 2,
      items: items.map(agent),
    })
    const one = { mode: 'full' as const, snapshot: 's1', part: 0, parts: 1, items: [agent('a'), agent('b')] }
    await sendAndAck(wire, await device.batch({ sightings: one }))
    await sendAndAck(wire, await device.batch({ sightings: part(0, ['b', 'c']) }))
    expect(rows(present, device).map(({ name }) => name)).toEqual(['agent a', 'agent b', 'agent c'])
    await sendAndAck(wire, await device.batch({ sightings: { mode: 'delta', items: [agent('d')], gone: [] } }))
    await sendAndAck(wire, await device.batch({ sightings: part(1, []) }))
    expect(rows(present, device).map(({ name }) => name)).toEqual(['agent b', 'agent c', 'agent d'])
    const gone = { mode: 'delta' as const, items: [], gone: ['b'.repeat(32)] }
    await sendAndAck(wire, await device.batch({ sightings: gone }))
    expect(rows(present, device).map(({ name }) => name)).toEqual(['agent c', 'agent d'])
  })

  test('stores evidence that cannot be applied, drops the verdict, and can repair it', async () => {
    const { device, wire } = await enrolled(running)
    const bad = { mode: 'full' as const, snapshot: 's', part: 7, parts: 1, items: [] }
    const batch = await device.batch({ sightings: bad, findings: findings('pass') })
    expect(await sendAndAck(wire, batch)).toEqual({ sequence: 1, head: hashOf(batch) })
    const reason = expect.objectContaining({ reason: 'the reported sightings could not be stored' })
    expect((await running.result(device.id ?? '')).reasons).toContainEqual(reason)
    expect(rows('SELECT state FROM findings WHERE device = ?', device)).toEqual([{ state: 'pass' }])
    await sendAndAck(wire, await device.batch({ sightings: { ...bad, part: 0 } }))
    expect((await running.result(device.id ?? '')).reasons).not.toContainEqual(reason)
  })

  test('sends a result that changed', async () => {
    const { device, wire } = await enrolled(running)
    await wire.nextOf('result')
    wire.send(await device.batch({ findings: findings('fail', 'ended') }))
    const { payload } = await wire.nextOf('result')
    expect(payload.result).toMatchObject({
      verdict: 'not-compliant',
      reasons: expect.arrayContaining([expect.objectContaining({ check: 'os.supported', reason: 'ended' })]),
    })
  })
})

test('events cannot be changed or deleted', async () => {
  const { device } = await enrolled(running)
  expect(await codeThrown(() => running.rows('DELETE FROM activity'))).toBe('CONFLICT')
  expect(await codeThrown(() => running.rows("UPDATE activity SET kind = 'x'"))).toBe('CONFLICT')
  expect(running.rows('SELECT kind FROM activity WHERE device = ?', device.id ?? '')).toEqual([{ kind: 'enrolled' }])
})

describe('a full snapshot after a restart of the daemon', () => {
  const user = { id: '1000', name: 'ada' }
  const common = { kind: 'agent' as const, name: 'Claude Code', evidence: [], agentKind: 'cli', user }
  const agent = (digit: string, state: 'running' | 'installed', path?: string) => ({
    ...common,
    id: digit.repeat(32),
    state,
    ...(path === undefined ? {} : { path }),
  })
  const source = (name: string, state: 'parsed' | 'unreadable', own: object = {}) => ({
    source: name,
    state,
    items: 0,
    durationMs: 1,
    ...own,
  })
  const snapshot = (name: string, items: object[], part = 0, parts = 1) =>
    ({ mode: 'full', snapshot: name, part, parts, items }) as never
  const presentIds = (device: ScriptedDevice) =>
    running
      .rows('SELECT id FROM sightings WHERE device = ? AND gone_at IS NULL ORDER BY id', device.id ?? '')
      .map(({ id }) => String(id)[0])
  const all = [
    agent('1', 'running'),
    agent('2', 'installed', '/home/ada/.local/bin/claude'),
    agent('3', 'installed', '/opt/x/codex'),
  ]
  const read = [
    source('users', 'parsed'),
    source('processes', 'parsed'),
    source('installed-agents', 'parsed', { user }),
  ]

  test.each<[string, object[], string[]]>([
    ['ends all that it does not show, where everything was read', read, []],
    [
      'keeps running agents, when processes could not be read',
      [read[0], source('processes', 'unreadable'), read[2]] as object[],
      ['1'],
    ],
    [
      'keeps what lies where a folder could not be read, and nothing else',
      [...read, source('installed-agents', 'unreadable', { user, path: '/opt/x/package.json' })],
      ['3'],
    ],
    [
      'keeps what every home may hold, when the list of users could not be read',
      [source('users', 'unreadable'), read[1]] as object[],
      ['2', '3'],
    ],
    ['ends all, if it reports no source', [], []],
  ])('%s', async (_, sources, kept) => {
    const { device, wire } = await enrolled(running)
    await sendAndAck(wire, await device.batch({ sightings: snapshot('a', all), sources: read as never }))
    expect(presentIds(device)).toEqual(['1', '2', '3'])
    await sendAndAck(wire, await device.batch({ sightings: snapshot('b', []), sources: sources as never }))
    expect(presentIds(device)).toEqual(kept)
    // Once it could be read again, it is gone.
    await sendAndAck(wire, await device.batch({ sightings: snapshot('c', []), sources: read as never }))
    expect(presentIds(device)).toEqual([])
  })

  test('waits for the sources of all its parts', async () => {
    const { device, wire } = await enrolled(running)
    await sendAndAck(wire, await device.batch({ sightings: snapshot('a', all), sources: read as never }))
    await sendAndAck(
      wire,
      await device.batch({ sightings: snapshot('b', [], 0, 2), sources: read.slice(0, 1) as never }),
    )
    const later = [source('processes', 'unreadable'), read[2]]
    await sendAndAck(wire, await device.batch({ sightings: snapshot('b', [], 1, 2), sources: later as never }))
    expect(presentIds(device)).toEqual(['1'])
  })
})
