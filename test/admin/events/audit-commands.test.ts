import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

/** What `audit show` says of one entry. */

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const run = async (...args: readonly string[]) => {
  const { exitCode, out, err } = await runCommand(directory, args)
  if (exitCode !== 0) throw new Error(err)
  return out
}
const newest = async (kind: string) => {
  const { entries } = JSON.parse(await run('audit', 'list', '--kind', kind, '--limit', '1', '--json'))
  return (await run('audit', 'show', entries[0].id)).split('\n').filter((line) => line.startsWith('changed'))
}

test('a changed person is shown in words, and not once they are forgotten', async () => {
  await run('people', 'add', 'ada', '--name', 'Ada', '--email', 'ada@example.org')
  await run('people', 'change', 'ada', '--name', 'Ada Lovelace', '--no-email')
  expect(await newest('human-changed')).toEqual([
    expect.stringMatching(/ displayName Ada -> "Ada Lovelace"$/),
    expect.stringMatching(/ email ada@example.org -> none$/),
  ])
  await run('people', 'deactivate', 'ada', '--reason', 'left', '--yes')
  expect(await newest('human-deactivated')).toEqual([
    expect.stringMatching(/ deactivatedAt "20\d\d-/),
    expect.stringMatching(/ status active -> deactivated$/),
  ])
  await run('people', 'forget', 'ada', '--reason', 'asked for it', '--yes')
  const changed = await newest('human-changed')
  expect(changed.join('\n')).toContain('(forgotten)')
  expect(changed.join('\n')).not.toContain('Ada')
  expect(await newest('human-forgotten')).toEqual([])
})

test('versions of the policy, members of a group and labels of a device are shown', async () => {
  await run('groups', 'add', 'builders')
  await run('people', 'add', 'bob')
  await run('groups', 'change', 'builders', '--add', 'bob')
  expect(await newest('group-changed')).toEqual([expect.stringMatching(/ members \+hum_[\w-]+$/)])
  await run('access', 'rollback', '0', '--force')
  expect(await newest('access-rolled-back')).toEqual([expect.stringMatching(/ inUse 0 -> 1$/)])
})
