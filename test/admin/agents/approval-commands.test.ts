import { approvalWorld } from '../../directory/approvals/approval-fixture.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'

/** What `surety-directory approvals` shows and does. */

let directory: TestDirectory
let world: Awaited<ReturnType<typeof approvalWorld>>
directoryForAll(async (started) => {
  directory = started
  world = await approvalWorld(directory)
})

const run = (...args: readonly string[]) => runCommand(directory, ['approvals', ...args])

test('lists, shows and denies an action by id, beginning of an id, or device', async () => {
  expect((await run('list')).err).toContain('no action waits for a decision')
  const { id } = await world.asked({ approvers: ['approver'] })
  const { out: list } = await run('list', '-o', 'table')
  for (const words of [id, 'Bash', 'git push --force origin main', 'ada', 'pending']) expect(list).toContain(words)
  const { out: shown } = await run('show', id.slice(0, 12))
  for (const words of ['it replaces commits of others (force-push)', 'Folder        /home/ada/billing', 'Approvers'])
    expect(shown).toContain(words)
  expect(shown).toContain(`https://console.example.org/approvals/${id}`)
  expect((await run('deny', world.device, '--reason', 'not on a Friday')).out).toBe(`Bash of ada is denied: ${id}\n`)
  expect((await run('show', id)).out).toContain('not on a Friday')
  expect((await run('list')).err).toContain('no action waits')
  expect(JSON.parse((await run('list', '--all', '--json')).out).approvals).toMatchObject([{ id, state: 'denied' }])
  expect((await run('deny', id)).err).toContain('the action was denied before')
})

test('withdraws a request', async () => {
  const { id } = await world.asked()
  expect((await run('cancel', id, '--json')).exitCode).toBe(0)
  expect(await world.state(id)).toBe('cancelled')
})

test('approves nothing, and says where a passkey does', async () => {
  const { id } = await world.asked()
  const { exitCode, err } = await run('approve', id)
  expect(exitCode).toBe(2)
  expect(err).toContain(`only a passkey approves an action: open https://console.example.org/approvals/${id}`)
  expect(await world.state(id)).toBe('pending')
})

test('says how oneself answered', async () => {
  const { id } = await world.asked()
  await run('deny', id)
  expect((await run('rate')).out).toContain('you approved 0 % of your last 1 action')
})

test('text of agents cannot move the cursor', async () => {
  const { id } = await world.asked({ action: { arguments: { command: 'x\u202ey\u001b[2J' }, folder: '/\u001b]0;z' } })
  for (const args of [
    ['list', '-o', 'table'],
    ['show', id],
  ]) {
    const { out } = await run(...args)
    expect(out).toContain('\\x1b')
    expect(out).not.toMatch(DANGEROUS)
  }
})
