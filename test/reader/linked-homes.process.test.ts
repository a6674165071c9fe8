import { execFileSync } from 'node:child_process'
import { chmodSync, lchownSync } from 'node:fs'
import { linuxMounts } from '../../src/system/mounts/linux.ts'
import { realHomesComponents, withRealHomes } from '../../src/system/users/real-homes.ts'
import { type FixtureHome, fixtureHome } from '../support/homes/fixture-home.ts'
import { look, OWNER, ROOT, readerOf, userOf } from './read-homes.ts'

/** Homes behind links on the real file system: `/home` is one where the root of the system is not written to. */

const asRoot = ROOT ? test : test.skip
if (!ROOT) process.stderr.write('skipped: only root makes links that are root’s\n')

/** Beside `/tmp`, where everybody may write. */
function linkedHome(): FixtureHome {
  const place = fixtureHome('/var/lib')
  chmodSync(place.path, 0o755)
  place.link('home', 'data/home')
  const project = place.at('home/alice/desk')
  place.write('data/home/alice/.claude.json', { mcpServers: { own: { command: 'x' } }, projects: { [project]: {} } })
  place.write('data/home/alice/desk/.mcp.json', { mcpServers: { shared: { command: 'y' } } })
  execFileSync('chown', ['-R', `${OWNER.uid}:${OWNER.gid}`, place.at('data/home/alice')])
  return place
}

async function lookBehind(place: FixtureHome) {
  const named = userOf(place, { home: place.at('home/alice') })
  const [user] = withRealHomes(realHomesComponents(linuxMounts().hanging), [named], () => true)
  // The files are theirs already, and the folders around them root's.
  return await look({ ...place, giveTo: () => undefined }, readerOf(), user)
}

asRoot('reads a home behind a link of root, with links by that name, and where it lies', async () => {
  using place = linkedHome()
  const { sightings, states } = await lookBehind(place)
  const told = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [[each.name, each.configuration]] : []))
  expect(told).toEqual([
    ['own', place.at('data/home/alice/.claude.json')],
    ['shared', place.at('data/home/alice/desk/.mcp.json')],
  ])
  expect(states.filter(([, state]) => state !== 'parsed')).toEqual([])
})

asRoot.each<[string, (place: FixtureHome) => void]>([
  ['of somebody else', (place) => lchownSync(place.at('home'), OWNER.uid, OWNER.gid)],
  ['of root in a folder of somebody else', (place) => lchownSync(place.path, OWNER.uid, OWNER.gid)],
  ['of root in a folder that all may write to', (place) => chmodSync(place.path, 0o1777)],
])('does not read a home behind a link %s, and each source reports it', async (_, change) => {
  using place = linkedHome()
  change(place)
  const { names, sources } = await lookBehind(place)
  expect(names).toEqual([])
  expect(new Set(sources.map(({ state }) => state))).toEqual(new Set(['unreadable']))
  expect(sources[0]?.reason).toContain('a folder on the way is a link')
})
