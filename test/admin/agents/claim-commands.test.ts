import { claimApi, claimOf, report, seedClaimant } from '../../directory/claims/claim-fixture.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'

/** What `surety-directory claims` shows and does. */

let directory: TestDirectory
let api: ReturnType<typeof claimApi>
let device: string
directoryForAll(async (started) => {
  directory = started
  api = claimApi(directory)
  device = await seedClaimant(directory)
})

const run = (...args: readonly string[]) => runCommand(directory, ['claims', ...args])
const claimed = async (changes: Parameters<typeof claimOf>[0] = {}) => {
  const claim = claimOf(changes)
  await report(directory, device, { agentClaims: [claim] })
  return claim.id
}

test('lists, shows, accepts and refuses a claim by id, beginning of an id, or device', async () => {
  expect((await run('list')).err).toContain('no claim waits for a decision')
  const grace = await api.human('grace')
  await api.confirm(device, (await api.human('ada', grace.id)).id)
  const first = await claimed({ byRoot: true, name: 'Helper', until: directory.clock.now() + 86_400_000 })
  const { out: list } = await run('list', '-o', 'table')
  for (const words of [first, 'pending', 'claude-code', 'ada (ada), by root', 'refactors'])
    expect(list).toContain(words)
  const { out: shown } = await run('show', first.slice(0, 12))
  for (const words of ['as root says', 'Manager       grace', 'Name          Helper', device])
    expect(shown).toContain(words)
  const accepted = await run('accept', device, '--reason', 'fine')
  expect(accepted.out).toContain(`claim ${first} of claude-code is accepted\nregistered as agt_`)
  const second = await claimed()
  expect((await run('refuse', second, '--reason', 'twice')).out).toBe(`claim ${second} of claude-code is refused\n`)
  expect((await run('list')).err).toContain('no claim waits')
  const all = JSON.parse((await run('list', '--all', '--json')).out).claims
  expect(all.map(({ id }: { id: string }) => id)).toEqual([second, first])
  expect(JSON.parse((await run('list', '--state', 'refused', '--device', device, '--json')).out).claims).toHaveLength(1)
  expect((await run('show', first)).out).toContain('Decided')
  const { out: csv } = await run('list', '--all', '--user', 'ada', '--product', 'claude-code', '-o', 'csv')
  expect(csv).toContain('claude-code,ada,')
  expect(csv.trimEnd().split('\r\n')).toHaveLength(3)
  const { out: oldest } = await run('list', '--all', '--reverse', '--limit', '1', '-o', 'id')
  expect(oldest).toBe(`${first}\n`)
})

test('text of devices cannot move the cursor', async () => {
  const id = await claimed({ user: { id: '1000', name: 'ada' }, purpose: 'x\u202ey\u001b[2J', name: '\u001b]0;z' })
  for (const args of [
    ['list', '--all', '-o', 'table'],
    ['show', id],
  ]) {
    const { out } = await run(...args)
    expect(out).toContain('\\x1b')
    expect(out).not.toMatch(DANGEROUS)
  }
})

test.each([
  [['accept', 'nowhere'], 'no claim has the name'],
  [['refuse', 'DEVICE'], '--reason'],
  [['accept', 'DEVICE'], '--person'],
  [['accept', 'DEVICE', '--human', 'nobody'], 'there is no person'],
  [['list', '--state', 'lost'], 'pending'],
  [['list', '--state', 'pending', '--all'], 'cannot be used with'],
])('refuses claims %j', async (args, words) => {
  await claimed()
  const { exitCode, err } = await run(...args.map((word) => (word === 'DEVICE' ? device : word)))
  expect(exitCode).not.toBe(0)
  expect(err).toContain(words)
  expect(await api.registrations()).toEqual([])
})
