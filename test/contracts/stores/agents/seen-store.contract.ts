import { applySightings } from '../../../../src/directory/evidence/apply-sightings.ts'
import type { SeenPosition, SeenQuestion } from '../../../../src/directory/seen/seen-store.ts'
import type { DirectoryStore } from '../../../../src/directory/store/directory-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import { agentSighting, mcpServerSighting, unknownAgent } from '../../../support/protocol/sample-sightings.ts'
import type { Engine } from '../engines.ts'
import { newHuman } from '../people/human-store.contract.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../seeds.ts'
import { newRegistration } from './registration-store.contract.ts'

const ADA = { id: '1000', name: 'ada' }
const OWNER = idOf('hum', 1)
const autonomy = { level: 'autonomous' as const, because: [] }

/** Claude Code of ada on two devices, registered on the first; bots on the second, the newest first in lists. */
async function fill(store: DirectoryStore): Promise<void> {
  await seed(store, {}, { id: OTHER_DEVICE })
  await store.humans.put(newHuman(1))
  const criteria = { products: ['claude-code'], device: DEVICE }
  await store.registrations.add(
    newRegistration(1, { state: 'active', owner: OWNER, autonomyCeiling: 'asks', criteria }),
  )
  await store.accounts.seen(DEVICE, ADA, { at: 1, human: OWNER })
  const report = (device: string, at: number, ...items: Parameters<typeof store.sightings.put>[1][]) =>
    applySightings(store, device, { sightings: { mode: 'delta', items, gone: [] }, at })
  await report(
    DEVICE,
    10,
    agentSighting('1', { user: ADA, autonomy }),
    mcpServerSighting('8', { client: 'claude-code' }),
  )
  await report(OTHER_DEVICE, 11, agentSighting('1', { user: ADA }))
  await report(
    OTHER_DEVICE,
    12,
    unknownAgent('2', { user: ADA, name: 'Deskbot', autonomy, evidence: ['executable /x'] }),
  )
  await report(OTHER_DEVICE, 13, unknownAgent('3', { name: 'DESK runner' }))
}

export function describeSeenStore({ name, open }: Engine): void {
  const filled = async () => {
    const store = await open()
    await fill(store)
    return store
  }
  const namesOf = async (store: DirectoryStore, question: Omit<SeenQuestion, 'limit'>) =>
    (await store.seen.list({ limit: 10, ...question })).items.map(({ seen }) => `${seen.name} ${seen.userId}`)
  const [CLAUDE, BOT, RUNNER] = ['Claude Code 1000', 'Deskbot 1000', 'DESK runner ']

  describe(`${name} keeps the SeenStore contract`, () => {
    test.each<[string, Omit<SeenQuestion, 'limit'>, readonly string[]]>([
      ['everything', {}, [RUNNER, BOT, CLAUDE, CLAUDE]],
      ['a state', { state: 'unknown' }, [RUNNER, BOT, CLAUDE]],
      ['another state', { state: 'registered' }, [CLAUDE]],
      ['a state that none has', { state: 'blocked' }, []],
      ['a product', { item: 'claude-code' }, [CLAUDE, CLAUDE]],
      ['a product and a state', { item: 'claude-code', state: 'unknown' }, [CLAUDE]],
      ['a device', { device: OTHER_DEVICE }, [RUNNER, BOT, CLAUDE]],
      ['a device and a product', { device: OTHER_DEVICE, item: 'unknown/Deskbot' }, [BOT]],
      ['a human', { human: OWNER }, [CLAUDE]],
      ['a registration', { registration: idOf('agt', 1) }, [CLAUDE]],
      ['autonomy', { autonomous: true, state: 'unknown' }, [BOT]],
      ['no autonomy', { autonomous: false, state: 'unknown' }, [RUNNER, CLAUDE]],
      ['deviations', { deviating: true }, [CLAUDE]],
      ['rare products', { onAtMost: 1, state: 'unknown' }, [RUNNER, BOT]],
      ['rare products of all states', { onAtMost: 2 }, [RUNNER, BOT, CLAUDE, CLAUDE]],
      ['what is new', { firstSeenSince: 12, state: 'unknown' }, [RUNNER, BOT]],
      ['the beginning of a name, in any case', { search: 'desk' }, [RUNNER, BOT]],
      ['the beginning of a name and more', { search: 'desk', autonomous: true }, [BOT]],
    ])('lists by %s', async (_, question, names) => {
      expect(await namesOf(await filled(), question)).toEqual(names)
    })

    test('every list continues where a page ended', async () => {
      const store = await filled()
      const questions: Omit<SeenQuestion, 'limit'>[] = [
        ...[{}, { state: 'unknown' as const }, { device: OTHER_DEVICE }, { item: 'claude-code' }, { onAtMost: 2 }],
        ...[{ onAtMost: 2, state: 'unknown' as const }, { search: 'd' }, { deviating: false }, { human: OWNER }],
      ]
      for (const question of questions) {
        const whole = await namesOf(store, question)
        const paged: string[] = []
        let after: SeenPosition | undefined
        do {
          const { items, next } = await store.seen.list({ ...question, limit: 1, after })
          paged.push(...items.map(({ seen }) => `${seen.name} ${seen.userId}`))
          after = next
        } while (after !== undefined)
        expect({ question, paged }).toEqual({ question, paged: whole })
      }
    })

    test('a cursor of another list is refused', async () => {
      const store = await filled()
      expect(await codeThrown(() => store.seen.list({ limit: 1, after: [1, 2, 3, 4] }))).toBe('INPUT_MALFORMED')
    })

    test('finds one by the beginning of its id, in any state', async () => {
      const store = await filled()
      const [first] = (await store.seen.list({ limit: 1, state: 'registered' })).items
      const id = first?.seen.id ?? ''
      expect((await store.seen.list({ limit: 9, named: id.slice(0, 12) })).items.map(({ seen }) => seen.id)).toEqual([
        id,
      ])
      expect(await store.seen.view(idOf('sga', 1))).toBeUndefined()
    })

    test('shows what the fleet knows of it', async () => {
      const store = await filled()
      const [bot] = (await store.seen.list({ limit: 1, search: 'deskbot' })).items
      expect(bot).toMatchObject({
        hostname: 'laptop',
        deviceOwner: 'ada',
        devices: 1,
        fleetFirstSeen: 12,
        accountConfirmed: false,
        shown: { autonomy: 'autonomous', evidence: ['executable /x'], score: 7, signals: [{ name: 'tool-session' }] },
      })
      const [claude] = (await store.seen.list({ limit: 1, state: 'registered' })).items
      expect(claude).toMatchObject({ registrationName: 'Agent 1', devices: 2, human: { isActive: true } })
      expect(await store.seen.activeDevices()).toBe(2)
    })

    test('counts states', async () => {
      const store = await filled()
      expect(await store.seen.counts()).toEqual({
        seen: { unknown: 3, registered: 1, ignored: 0, blocked: 0 },
        deviating: 1,
      })
    })

    test('says what an MCP server starts now, of this device alone', async () => {
      const store = await filled()
      const server = mcpServerSighting('8')
      expect((await store.seen.launchesNow(DEVICE, [server.id])).get(server.id)).toEqual({
        name: 'files',
        launchHash: server.launchHash,
      })
      expect((await store.seen.launchesNow(OTHER_DEVICE, [server.id])).size).toBe(0)
      expect(await store.seen.mcpServers({ device: DEVICE, item: 'claude-code', userId: ADA.id })).toEqual(['files'])
    })

    test('forgets those that ended longest ago, never those that are there', async () => {
      const store = await filled()
      await store.seen.forgetEnded(OTHER_DEVICE, 1)
      expect(await namesOf(store, { device: OTHER_DEVICE })).toHaveLength(3)
      const gone = ['2', '3'].map((digit) => digit.repeat(32))
      await applySightings(store, OTHER_DEVICE, { sightings: { mode: 'delta', items: [], gone }, at: 20 })
      await store.seen.forgetEnded(OTHER_DEVICE, 1)
      const left = (
        await Promise.all(
          ['unknown/Deskbot', 'unknown/DESK runner'].map(async (item) =>
            (
              await Promise.all(
                [ADA.id, ''].map(async (userId) => (await store.seen.at({ device: OTHER_DEVICE, item, userId })) ?? []),
              )
            ).flat(),
          ),
        )
      ).flat()
      expect(left).toEqual([])
      expect((await store.seen.counts()).seen.unknown).toBe(1)
    })
  })
}
