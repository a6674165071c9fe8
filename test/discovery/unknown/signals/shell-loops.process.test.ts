import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, copyFileSync } from 'node:fs'
import { release } from 'node:os'
import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../../src/discovery/discovery.ts'
import type { ProcessChange } from '../../../../src/discovery/process-table/change-counter.ts'
import { modelCallOf } from '../../../../src/discovery/unknown/model-endpoint.ts'
import { shellScriptOf } from '../../../../src/discovery/unknown/shell-loops.ts'
import { trustedFiles } from '../../../../src/system/files/foreign/linux.ts'
import { loadNativeAddon } from '../../../../src/system/native/native-addon.ts'
import { linuxProcessDetails } from '../../../../src/system/processes/linux/process-details.ts'
import { linuxProcessEvents } from '../../../../src/system/processes/linux/process-events.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { fixtureHome } from '../../../support/homes/fixture-home.ts'
import { detailsOf, type SeenProcess, SHELL, scanInit, seen, unknownAgents } from '../behaviour-world.ts'

const OPENAI = 'https://api.openai.com/v1/chat/completions'
const BASH = '/usr/bin/bash'
const script = (...argv: string[]) => seen(100, BASH, ['bash', ...argv])
const AGENT = script('/home/alice/agent.sh', 'the prompt sk-canary')

/** What a script runs, one after another; `parent` is the shell or a fork of it. */
function run(shell: SeenProcess, programs: readonly (readonly string[])[], parent = shell) {
  const agents = unknownAgents({ processes: { environmentNames: async () => undefined }, details: detailsOf([shell]) })
  const looks = programs.map(([name = '', ...args], at) =>
    agents.noteRun(
      seen(200 + at, name.startsWith('/') ? name : `/usr/bin/${name}`, [name, ...args], { parentPid: parent.pid }),
      parent,
    ),
  )
  return { agents, looks: looks.filter((each) => each === 'scan').length }
}

const ask = ['curl', '-s', '-d', 'sk-canary', OPENAI]
const turn = (...commands: string[][]) => [ask, ['jq', '-r', '.x'], ...commands]
const LOOP = [...turn(['ls']), ...turn(['make', 'test']), ...turn(['git', 'diff']), ...turn(['cargo', 'build'])]

test('reports a script that asks a model and runs its answer, and none of its words', async () => {
  const { agents, looks } = run(AGENT, LOOP)
  const [found, ...others] = await agents.scan([SHELL, AGENT], scanInit())
  expect([others, looks]).toEqual([[], 1])
  expect(found).toMatchObject({
    name: 'agent',
    agentKind: 'unknown',
    score: 60,
    process: { pid: 100 },
    evidence: [
      'script /home/alice/agent.sh run by /usr/bin/bash',
      'a script that has asked a model 4 times: api.openai.com',
      'ran other programs than before after 3 of its questions',
    ],
  })
  expect(JSON.stringify(found)).not.toContain('canary')
  // Between two turns nothing of it runs.
  expect(await agents.scan([SHELL, AGENT], scanInit())).toHaveLength(1)
  expect(await agents.scan([SHELL, { ...AGENT, startTicks: 9_999 }], scanInit())).toEqual([])
})

test('what a pipe or a subshell of the script runs is run by the script', async () => {
  const fork: SeenProcess = { ...AGENT, pid: 150, startTicks: 0, parentPid: 100, forkedBy: AGENT }
  const { agents } = run(AGENT, LOOP, fork)
  expect((await agents.scan([SHELL, AGENT], scanInit())).map(({ process }) => process?.pid)).toEqual([100])
})

const files = (count: number) =>
  Array.from({ length: count }, (_, at) => [['cat', `${at}.txt`], ask, ['jq', '.x'], ['mv', 'a', `${at}`]]).flat()

test.each<[string, SeenProcess, readonly (readonly string[])[]]>([
  ['one question, and a long build after it', AGENT, [...turn(['ls'], ['make'], ['git', 'push'], ['docker', 'build'])]],
  ['two questions', AGENT, [...turn(['ls']), ...turn(['make'])]],
  ['files that go through a model one by one', AGENT, files(40)],
  [
    'the same, each through a shell',
    AGENT,
    Array.from({ length: 9 }, (_, at) => [ask, ['bash', '-c', `convert ${at}.png`]]).flat(),
  ],
  [
    'a report that asks again until the answer is good',
    AGENT,
    [...turn(), ...turn(), ...turn(), ['mail', 'x'], ['git', 'commit']],
  ],
  [
    'a probe of an address every minute',
    AGENT,
    Array.from({ length: 50 }, () => [ask, ['sleep', '60'], ['date']]).flat(),
  ],
  [
    'an API that is no model',
    AGENT,
    LOOP.map((each) => (each === ask ? ['curl', 'https://api.example.org/v1/items'] : each)),
  ],
  [
    'a build that fetches files of a maker',
    AGENT,
    LOOP.map((each) => (each === ask ? ['curl', 'https://openai.com/models.json'] : each)),
  ],
  ['a person in a shell', script(), LOOP],
  ['a person in a login shell', script('-l', '-i'), LOOP],
  ['a task runner', seen(100, '/usr/bin/make', ['make', 'all']), LOOP],
  ['a program of python that runs curl', seen(100, '/usr/bin/python3.13', ['python3', 'x.py']), LOOP],
])('%s is none', async (_, shell, programs) => {
  const { agents } = run(shell, programs)
  expect(await agents.scan([SHELL, shell], scanInit())).toEqual([])
})

test('a script that a known agent runs is part of that one', async () => {
  const { agents } = run(AGENT, LOOP)
  expect(await agents.scan([SHELL, AGENT], scanInit({ isKnown: ({ pid }) => pid === 50 }))).toEqual([])
})

test('thousands of scripts keep no more than the last 64', async () => {
  const agents = unknownAgents({ processes: { environmentNames: async () => undefined } })
  const shells = Array.from({ length: 2_000 }, (_, at) => ({ ...AGENT, pid: 1_000 + at, startTicks: 5 }))
  for (const shell of shells) {
    for (const [at, [name = '', ...args]] of LOOP.entries()) {
      agents.noteRun(seen(9_000 + at, `/usr/bin/${name}`, [name, ...args]), shell)
    }
  }
  // Of these half are looked at closely in one look.
  expect(await agents.scan([SHELL, ...shells], scanInit())).toHaveLength(32)
})

test.each<[string, readonly string[], string | undefined]>([
  ['/usr/bin/curl', ['curl', OPENAI], 'api.openai.com'],
  ['/usr/bin/curl', ['curl', 'api.anthropic.com/v1/messages'], 'api.anthropic.com'],
  ['/usr/bin/curl', ['curl', 'http://localhost:11434/api/generate'], 'an address of its own'],
  ['/usr/bin/wget', ['wget', '-O-', 'https://llm.corp.example/v1/chat/completions?token=x'], 'an address of its own'],
  ['/usr/bin/xh', ['xh', 'post', 'https://x.example/v1beta/models/gemini:generateContent'], 'an address of its own'],
  ['/usr/local/bin/ollama', ['ollama', 'run', 'llama3'], 'ollama'],
  ['/home/alice/.local/bin/llm', ['llm', 'why'], 'llm'],
  ['/usr/local/bin/ollama', ['ollama', 'list'], undefined],
  ['/usr/bin/curl', ['curl', 'https://example.org/messages/archive.tar'], undefined],
  ['/usr/bin/curl', ['curl', '-H', 'referer: https://api.openai.com/'], undefined],
  ['/usr/bin/curl', ['curl', `https://api.openai.com/${'x'.repeat(3_000)}`], undefined],
  ['/usr/bin/vim', ['vim', OPENAI], undefined],
])('%s %j asks a model at %s', (executable, argv, where) => {
  expect(modelCallOf({ ...seen(7, executable, argv) })?.where).toBe(where)
})

test.each<[readonly string[], string | undefined]>([
  [['bash', '/x/a.sh', 'b'], '/x/a.sh'],
  [['bash', '-e', '-o', 'pipefail', 'a.sh'], 'a.sh'],
  [['bash', '-ec', 'while :; do x; done'], '-c'],
  [['bash', '-c'], undefined],
  [['-bash'], undefined],
  [['bash', '-i'], undefined],
  [['bash', '-euo', 'pipefail', '-c', 'sk-canary'], '-c'],
  [['bash', '-euo', 'pipefail', 'a.sh', 'sk-canary'], 'a.sh'],
  [['bash', '-ce', 'sk-canary'], '-c'],
  [['bash', '-c', '-e', 'sk-canary'], '-c'],
  [['bash', '--norc', '-c', 'sk-canary'], '-c'],
  [['bash', '--rcfile', '/x/rc', '-ic', 'sk-canary'], '-c'],
  [['bash', '-O', 'extglob', '+o', 'history', '-c', 'sk-canary'], '-c'],
  [['bash', '-s', '--', 'sk-canary'], undefined],
  [['bash', '-s', 'sk-canary'], undefined],
  [['bash', '-C', 'a.sh', 'sk-canary'], 'a.sh'],
  [['bash', '--', 'a.sh', 'sk-canary'], 'a.sh'],
])('the shell %j runs %s', (argv, told) => {
  expect(shellScriptOf(seen(7, BASH, argv))).toBe(told)
})

test.each<[readonly string[], string | undefined]>([
  [['fish', 'a.fish', 'sk-canary'], 'a.fish'],
  [['fish', '-l', 'a.fish'], 'a.fish'],
  [['fish', '-C', 'sk-canary', 'a.fish'], '-c'],
  [['fish', '--command=sk-canary'], '-c'],
  [['fish', '-d', 'sk-canary', 'a.fish'], undefined],
  [['pwsh', '-NoProfile', '-File', 'a.ps1', 'sk-canary'], 'a.ps1'],
  [['pwsh', '-NoProfile', '-Command', 'sk-canary'], '-c'],
  [['pwsh', '-ExecutionPolicy', 'Bypass', '-Command', 'sk-canary'], undefined],
  [['pwsh', '-EncodedCommand', 'sk-canary'], undefined],
])('another shell %j runs %s', (argv, told) => {
  expect(shellScriptOf(seen(7, `/usr/bin/${argv[0]}`, argv))).toBe(told)
})

test.each([
  [['-euo', 'pipefail', '-c', 'curl -H "Authorization: Bearer sk-canary"']],
  [['--login', '-c', 'curl -d "the prompt sk-canary"']],
  [['-ce', 'curl sk-canary']],
])('of a loop in the words of a shell (%j), reports nothing but the shell', async (argv) => {
  const shell = script(...argv)
  const { agents } = run(shell, LOOP)
  const found = await agents.scan([SHELL, shell], scanInit())
  expect([found.map(({ name }) => name), JSON.stringify(found).includes('canary')]).toEqual([['bash -c'], false])
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('(root) on the real kernel, reports a loop of bash by what it ran, now over', async () => {
  using home = fixtureHome()
  // What it asks with need not reach anybody; it lasts as long as a question does.
  for (const name of ['curl', 'alpha', 'beta', 'gamma']) copyFileSync('/bin/sh', home.at(name), constants.COPYFILE_EXCL)
  home.write(
    'loop.sh',
    `for each in alpha beta gamma alpha; do
       answer=$("${home.path}/curl" -c 'sleep 0.1; : sk-canary' ${OPENAI} | cat)
       eval "${home.path}/$each -c 'sleep 0.1'"
     done
     echo done; read wait`,
  )
  const addon = loadNativeAddon()
  const discovery = createDiscovery(
    {
      processes: linuxProcesses({ addon }),
      details: linuxProcessDetails(),
      systemFiles: trustedFiles(),
      homes: { readHome: async () => ({ sightings: [], sources: [] }) },
      events: linuxProcessEvents({ addon }, { release: release() }),
      users: { list: async () => [] },
      clock: new FakeClock(),
    },
    { catalogue: builtInCatalogue(), userId: '0' },
  )
  const changes: ProcessChange[] = []
  using _ = discovery.watch((change) => changes.push(change))
  const { signal } = new AbortController()
  await discovery.processes({ signal })
  const child = spawn('/bin/bash', [home.at('loop.sh')], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    for (let found: unknown; found === undefined; ) {
      const { sightings } = await discovery.processes({ signal })
      const agent = sightings.find((each) => each.kind === 'agent' && each.process?.pid === child.pid)
      if (agent?.kind !== 'agent') continue
      found = agent
      expect(agent.signals?.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['model-calls', 'answered-commands']),
      )
      expect([agent.name, JSON.stringify(agent).includes('canary')]).toEqual(['loop', false])
    }
    expect(changes).toContain('tool')
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
