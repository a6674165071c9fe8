import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { administratorProfileReader } from '../../../src/protocol/noun/answers.ts'
import { scimClient } from '../../support/directory/scim-client.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { CAN_ISOLATE } from '../isolated-networks.ts'
import { type Company, company } from './company.ts'

/** The identity provider deactivates the owner of two agents. One has a successor who accepted, the other has none. */

if (!CAN_ISOLATE) process.stderr.write('skipped: the end of an agent needs root, cgroup v2, ip and unshare\n')
const whenPossible = CAN_ISOLATE ? test : test.skip

/** As Entra ID and Okta have it: a token for SCIM alone, over HTTPS. */
async function identityProvider(here: Company) {
  const profile = join(here.folder, 'scim.json')
  await here.run('services', 'add', 'identity-provider', '--scope', 'provision', '--expires', '365d', '--out', profile)
  const { url, ca, token } = administratorProfileReader.readJson(readFileSync(profile, 'utf8'))
  return scimClient({ url, ca, token })
}

whenPossible(
  'SCIM deactivates an owner: one agent goes to the successor, the other ends',
  async () => {
    await using here = await company()
    const [device] = here.devices
    if (device === undefined) throw new Error('one device')
    const scim = await identityProvider(here)
    const ada = await scim.user('ada', { emails: [{ value: 'ada@example.org', primary: true }] })
    const bob = await scim.user('bob', { emails: [{ value: 'bob@example.org', primary: true }] })

    const kept = device.start('kilo')
    const ending = device.start('crush')
    const register = async (product: 'kilo' | 'crush', ...more: readonly string[]) => {
      const { id, proposedOwner } = await here.seen(product)
      expect(proposedOwner).toMatchObject({ id: ada })
      const said = await here.run('inbox', 'register', id, '--purpose', 'journey', ...more, '--json')
      return String(JSON.parse(said).registration.id)
    }
    const successor = await register('kilo', '--successor', 'bob')
    const orphan = await register('crush')
    await here.run('registrations', 'accept', successor, '--successor')
    expect(await here.registration(successor)).toMatchObject({ state: 'active', owner: ada, successor: bob })
    await kept.goesOn()
    await ending.goesOn()

    const { body, status } = await scim.patch(`/Users/${ada}`, [{ op: 'replace', value: { active: false } }])
    expect([status, body.active]).toEqual([200, false])
    const before = performance.now()
    await here.until(
      'the end of the agent',
      () => ending.grows(),
      (grows) => !grows,
    )
    const stillAfterMs = Math.round(performance.now() - before)
    const retired = await here.until(
      'the receipt',
      () => here.registration(orphan),
      ({ state }) => state === 'retired',
    )
    process.stderr.write(
      `the agent stood still within ${stillAfterMs} ms of the answer to SCIM, and was retired within ${Math.round(performance.now() - before)} ms\n`,
    )
    const [answer] = await here.answers(retired.stop ?? '')
    expect(answer).toMatchObject({ agents: 1, processes: 2, receipt: { method: 'cgroup2', agentCount: 1 } })
    expect(await here.registration(successor)).toMatchObject({ state: 'active', owner: bob })
    await kept.goesOn()

    // It does not come back, and the record says who did what.
    const again = device.start('crush', 'again')
    await here.until(
      'what starts later to be ended',
      () => here.events('stop-event'),
      (seen) => seen.length > 0,
    )
    expect(await again.grows()).toBe(false)
    for (const kind of [
      'human-deactivated',
      'registration-transferred',
      'registration-retiring',
      'registration-retired',
    ]) {
      expect(await here.run('events', 'list', '--kind', kind)).toContain(kind)
    }
    const [left] = await here.events('human-deactivated')
    expect(left).toMatchObject({
      actorName: 'identity-provider',
      facts: { human: ada, agentsTransferred: 1, agentsRetired: 1 },
    })
    expect(await here.events('stop-answered')).toMatchObject([{ facts: { stop: retired.stop } }])
    expect(await here.run('humans', 'show', 'ada')).toContain('deactivated')
  },
  scaledMs(300_000),
)
