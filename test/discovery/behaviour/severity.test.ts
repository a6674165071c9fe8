import { asTool, look, NODE, SHELL, seen } from './behaviour-world.ts'

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
])('of an agent at %s it is told where it came from, and that weighs nothing', async (path, detail) => {
  const plain = await signals(agentAt('/usr/local/bin/robo'), toolOf())
  const fetched = await signals(agentAt(path), toolOf())
  expect(fetched.of('fetched-program')).toEqual({ name: 'fetched-program', weight: 0, detail })
  expect([plain.of('fetched-program'), fetched.score]).toEqual([undefined, plain.score])
})

test('which credentials an agent or its tool has open is told by their kind, never by their path', async () => {
  const found = await signals(
    agentAt('/usr/local/bin/robo', ['/home/alice/.aws/credentials']),
    toolOf(['/home/alice/.ssh/id_ed25519', '/home/alice/notes.txt']),
  )
  expect(found.of('credential-files')).toEqual({
    ...{ name: 'credential-files', weight: 0 },
    detail: 'it or what it runs has open: keys of ssh, credentials of AWS',
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
