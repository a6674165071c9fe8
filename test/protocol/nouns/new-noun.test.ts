import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import type { ApiClient } from '../../../src/admin/connection/api-client.ts'
import { addNounCommands } from '../../../src/admin/nouns/noun-commands.ts'
import { closed, type Static, Type, text } from '../../../src/base/schema.ts'
import { nounRoutes } from '../../../src/directory/http/noun-routes.ts'
import { timeSchema } from '../../../src/protocol/ids.ts'
import { noun, verb } from '../../../src/protocol/noun/noun.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** What `docs/how-to-add.md` says of a noun: its declaration brings its routes and its commands. */

const approvalSchema = closed({
  id: Type.String({ pattern: '^apr_[0-9]$' }),
  act: text(100),
  askedAt: timeSchema,
  approvedBy: Type.Optional(text(100)),
})
type Approval = Static<typeof approvalSchema>

const approvals = noun({
  one: 'approval',
  many: 'approvals',
  about: 'acts that a second person must approve',
  id: approvalSchema.properties.id,
  item: approvalSchema,
  called: 'its id',
  describe: ({ id, act }) => `${id} (${act})`,
  completes: ({ id, act }) => ({ word: id, about: act }),
  list: {
    operationId: 'listApprovals',
    action: 'audit',
    summary: 'Approvals',
    about: 'acts that wait',
    examples: ['list', 'list --json'],
    columns: [
      { heading: 'ACT', of: ({ act }) => act },
      { heading: 'ASKED', of: ({ askedAt }) => askedAt, as: 'time' },
      { heading: 'BY', of: ({ approvedBy }) => approvedBy },
    ],
  },
  show: { operationId: 'showApproval', action: 'audit', summary: 'One', about: 'one', examples: ['show apr_1'] },
  verbs: {
    approve: verb({
      method: 'POST',
      ofItem: true,
      path: '/approve',
      operationId: 'approve',
      action: 'operate',
      summary: 'Approve',
      body: closed({ reason: text(100) }),
      response: approvalSchema,
      command: {
        about: 'approve an act',
        options: [{ flags: '--reason <text>', about: 'why', member: 'reason', required: true }],
        examples: ['approve apr_1 --reason checked'],
        says: ({ act, approvedBy }) => [`${act} is approved by ${approvedBy}`],
      },
    }),
  },
})

const waiting: Approval = { id: 'apr_1', act: 'delete the cluster', askedAt: 0 }

const routes = nounRoutes(
  approvals,
  { list: () => ({ items: [waiting], total: 1 }), show: () => waiting },
  { approve: ({ body: { reason } }) => ({ ...waiting, approvedBy: `ada: ${reason}` }) },
)

/** Answers by the routes, as the server would. */
const api: ApiClient = {
  async ask(method, path, answer, body) {
    const { pathname } = new URL(path, 'https://x')
    const found = routes.find(
      (one) => one.method === method && new RegExp(`^${one.path.replace('{id}', '[^/]+')}$`).test(pathname),
    )
    const request = { params: { id: 'apr_1' }, query: {}, body } as never // what these handlers read
    return answer.read(await found?.answer(request))
  },
}

const folder = temporaryFolder()
const profile = join(folder.path, 'administrator.json')
beforeAll(() => {
  const token = `surety_adm_${'A'.repeat(43)}`
  writeFileSync(profile, JSON.stringify({ url: 'https://127.0.0.1:1', ca: 'x', token }), { mode: 0o600 })
})
afterAll(() => folder[Symbol.dispose]())

async function run(...args: string[]): Promise<string> {
  let out = ''
  const components = {
    out: (said: string) => {
      out += said
    },
    err: () => undefined,
    now: () => 0,
    terminal: { columns: 80, colour: false },
    apiOf: () => api,
    client: { profile },
  }
  const program = new Command().exitOverride()
  // Only what these commands use.
  addNounCommands(program, components as never, approvals, {})
  await program.parseAsync([...args], { from: 'user' })
  return out
}

test('has a route for its list, for an item, and for each verb', () => {
  expect(routes.map(({ method, path, action, operationId }) => [method, path, action, operationId])).toEqual([
    ['GET', '/approvals', 'audit', 'listApprovals'],
    ['GET', '/approvals/{id}', 'audit', 'showApproval'],
    ['POST', '/approvals/{id}/approve', 'operate', 'approve'],
  ])
})

test('is listed, shown and acted on by commands of its declaration', async () => {
  expect(await run('approvals', 'list')).toMatch(
    /ACT +ASKED +BY\n +delete the cluster +1970-01-01 00:00:00Z +-\n1 approval\n$/,
  )
  expect(await run('approvals', 'show', 'apr_1')).toBe('act    delete the cluster\nasked  1970-01-01 00:00:00Z\n')
  expect(await run('approvals', 'approve', 'apr_1', '--reason', 'checked')).toBe(
    'delete the cluster is approved by ada: checked\n',
  )
  expect(JSON.parse(await run('approvals', 'list', '--json'))).toEqual({
    schema: 'surety-directory/approvals@1',
    approvals: [waiting],
    total: 1,
  })
})
