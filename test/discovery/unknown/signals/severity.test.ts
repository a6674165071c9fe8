import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import { asTool, look, NODE, SHELL, scanInit, seen, unknownAgents } from '../behaviour-world.ts'

const ENVIRONMENT = ['HOME', 'PATH']
const MARKED = [...ENVIRONMENT, 'AI_AGENT']
const agentAt = (path: string, openFiles: readonly string[] = []) =>
  seen(100, path.endsWith('.js') ? NODE : path, path.endsWith('.js') ? ['node', path] : ['robo'], { openFiles })
const toolOf = (openFiles: readonly string[] = []) =>
  seen(101, '/usr/bin/cat', ['cat', 'x'], { ...asTool(101, 100), environmentNames: MARKED, openFiles })

async function signals(...processes: Parameters<typeof look>[0]) {
  const [found] = await look([SHELL, ...processes])
  return { score: found?.score, of: (name: string) => found?.signals?.find((each) => each.name === name) }
}

test.each([
  ['/home/alice/.npm/_npx/0123abcd/node_modules/robo/cli.js', 'the program was fetched by npx'],
  ['/tmp/robo', 'the program lies in a folder for everybody'],
  ['/home/alice/Downloads/robo', 'the program lies among downloads'],
  ['/home/alice/.cache/pnpm/dlx-1-2/node_modules/robo/cli.js', 'the program was fetched as it was started'],
])('of an agent at %s, reports where it came from, which weighs nothing', async (path, detail) => {
  const plain = await signals(agentAt('/usr/local/bin/robo'), toolOf())
  const fetched = await signals(agentAt(path), toolOf())
  expect(fetched.of('fetched-program')).toEqual({ name: 'fetched-program', weight: 0, detail })
  expect([plain.of('fetched-program'), fetched.score]).toEqual([undefined, plain.score])
})

test('reports open credentials of an agent or its tool by kind, and never by path', async () => {
  const found = await signals(
    agentAt('/usr/local/bin/robo', ['/home/alice/.aws/credentials']),
    toolOf(['/home/alice/.ssh/id_ed25519', '/home/alice/notes.txt']),
  )
  expect(found.of('credential-files')).toEqual({
    name: 'credential-files',
    weight: 0,
    detail: 'it or what it runs has open: keys of ssh, credentials of AWS',
  })
})

describe('a command that is over before anybody looks', () => {
  const agent = agentAt('/usr/local/bin/robo')
  const shell = { ...toolOf(), forkedBy: agent }
  /** What is told of an agent that has run these, each below a shell in a session of its own. */
  async function toldAfter(commands: readonly (readonly string[])[], place: Partial<ProcessRecord> = {}) {
    const agents = unknownAgents({ processes: { environmentNames: async () => undefined } })
    for (const argv of commands) {
      const command = seen(102, '/usr/bin/cat', argv, { parentPid: 101, sessionId: 101, ttyNumber: 0, forkedBy: shell })
      agents.noteRun({ ...command, ...place }, shell)
    }
    const [found] = await agents.scan([SHELL, agent, toolOf()], scanInit())
    return found?.signals?.find(({ name }) => name === 'credential-files')
  }

  test('tells by its words which kinds of credentials it named, and not where they lie', async () => {
    const commands = [
      ['cat', '/home/alice/.aws/credentials'],
      ['base64', '.env'],
      ['cat', 'notes.txt'],
      ['cp', '../alice/.ssh/id_rsa', '/tmp/x'],
    ]
    expect(await toldAfter(commands)).toEqual({
      name: 'credential-files',
      weight: 0,
      detail: 'commands that it ran named: a file of secret variables, credentials of AWS, keys of ssh',
    })
  })

  test.each<[string, readonly string[], Partial<ProcessRecord>?]>([
    ['reads something else', ['cat', '/home/alice/src/.environment']],
    ['reads the public half', ['cat', '/home/alice/.ssh/id_rsa.pub']],
    ['has it in the middle of a text', ['echo', 'see /home/alice/.aws/credentials for more']],
    ['bears the name itself', ['.env']],
    ['is run by a person in a terminal', ['cat', '.env'], { sessionId: 50, ttyNumber: 34816, forkedBy: SHELL }],
    ['names it beyond what is looked at', ['cat', ...Array.from({ length: 40 }, () => 'x'), '.env']],
    ['names something longer than a path', ['cat', `/${'x'.repeat(5_000)}/.env`]],
  ])('tells nothing where it %s', async (_, argv, place = {}) => {
    expect(await toldAfter([argv], place)).toBeUndefined()
  })

  test('is kept for few programs, those that did so last, while they live', async () => {
    const agents = unknownAgents({ processes: { environmentNames: async () => undefined } })
    const run = (robo: ProcessRecord) => {
      const tool = { ...toolOf(), forkedBy: robo }
      agents.noteRun(seen(102, '/usr/bin/cat', ['cat', '.env'], { sessionId: 101, ttyNumber: 0, forkedBy: tool }), tool)
    }
    run(agent)
    for (let pid = 1_000; pid < 1_064; pid++) run({ ...agent, pid })
    const [found] = await agents.scan([SHELL, agent, toolOf()], scanInit())
    expect(found?.signals?.some(({ name }) => name === 'credential-files')).toBe(false)
    run({ ...agent, startTicks: 1 })
    const [again] = await agents.scan([SHELL, agent, toolOf()], scanInit({ nowMs: 20_000 }))
    expect(again?.signals?.some(({ name }) => name === 'credential-files')).toBe(false)
  })
})

test.each([
  '/home/alice/.ssh/id_ed25519.pub',
  '/home/alice/.ssh/known_hosts',
  '/home/alice/src/environment.ts',
  '/home/alice/src/.environment',
  '/usr/share/cookies',
])('%s is no credential', async (path) => {
  expect((await signals(agentAt('/usr/local/bin/robo', [path]), toolOf())).of('credential-files')).toBeUndefined()
})

test('where a program lies, and what it has open, makes no agent of it', async () => {
  const program = agentAt('/tmp/robo', ['/home/alice/.ssh/id_ed25519'])
  expect(await look([SHELL, program, { ...toolOf(), environmentNames: ENVIRONMENT }])).toEqual([])
})
