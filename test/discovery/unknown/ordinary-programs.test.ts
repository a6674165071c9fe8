import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepsSessions } from '../../../src/discovery/unknown/known-runners.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import { asTool, look, NODE, type SeenProcess, SHELL, seen } from './behaviour-world.ts'

/** What is no agent, though it starts programs, holds keys for models and speaks to one. None of it is ever told. */
const FOLDER = join(import.meta.dirname, '../../fixtures/process-trees')

type Captured = ProcessEntry & Pick<SeenProcess, 'environmentNames' | 'streams' | 'sockets' | 'openFiles'>

function read(name: string): { readonly command: string; readonly processes: SeenProcess[] } {
  // Written by `scripts/capture-process-tree.ts`.
  const { command, processes } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as {
    command: string
    processes: Captured[]
  }
  return { command, processes: processes.map((process) => ({ sessionMarkers: {}, ...process })) }
}

/** Nothing but shells, and what keeps sessions. */
const NEVER_JUDGED = new Set(['cron', 'git-hook', 'curl-script', 'ssh-control-master'])
const NAMES = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.json') ? [file.replace(/\.json$/, '')] : []))
const scoreOf = (found: Awaited<ReturnType<typeof look>>) =>
  found.map(({ name, signals }) => [name, signals?.map((signal) => signal.name)])

test.each(NAMES)('%s, captured on a real machine, is no agent', async (name) => {
  expect(scoreOf(await look(read(name).processes))).toEqual([])
})

/** The same with a model at the other end of a connection, and with flags that agents have. */
test.each(NAMES)('%s is none either with a connection to a model on this machine and --yolo', async (name) => {
  const processes = read(name).processes.map((process) => ({
    ...process,
    argv: [...process.argv, '--yolo'],
    sockets: {
      connected: [{ address: '127.0.0.1', port: 11434, loopback: true }],
      listening: [{ address: '127.0.0.1', port: 5000, loopback: true }],
    },
  }))
  expect(scoreOf(await look(processes))).toEqual([])
})

/** What the tests above look at can be told at all: the same programs, were they agents. Shells and keepers of sessions never are. */
test.each(NAMES)('%s would be reported if it marked what it runs as agents do', async (name) => {
  const { processes } = read(name)
  const judged = processes.filter((process) => !keepsSessions(process))
  for (const program of judged) {
    const model = { connected: [{ address: '127.0.0.1', port: 11434, loopback: true }], listening: [] }
    const startTicks = Math.max(...processes.map((process) => process.startTicks)) + 1
    const tool = seen(999_999, '/usr/bin/bash', ['bash', '-c', 'x'], {
      ...asTool(999_999, program.pid),
      startTicks,
      userId: program.userId,
      environmentNames: [...(program.environmentNames ?? []), 'AI_AGENT'],
    })
    const agents = await look([
      ...processes.map((each) => (each === program ? { ...each, sockets: model } : each)),
      tool,
    ])
    expect([program.argv[0], agents.length]).toEqual([program.argv[0], 1])
  }
  expect(judged.length).toBeGreaterThan(NEVER_JUDGED.has(name) ? -1 : 0)
})

/** The list of names only takes weight away: without it all of them stay below what is enough. */
test.each(NAMES)('%s is none under an unknown name', async (name) => {
  const { processes } = read(name)
  // Written by the same script, so that it is read as `read` reads it.
  const renamed = JSON.parse(
    JSON.stringify(processes)
      .replaceAll(
        /playwright|turbo|ansible|vitest|jest|pm2|nodemon|concurrently|gopls|chromium|jupyter|ipykernel/g,
        'robo',
      )
      .replaceAll(/PLAYWRIGHT|TURBO|VITEST|PM2/g, 'ROBO'),
  ) as SeenProcess[]
  expect(scoreOf(await look(renamed))).toEqual([])
})

const KEYS = ['HOME', 'PATH', 'SHELL', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'OPENAI_BASE_URL']
const CONNECTED = {
  connected: [
    { address: '192.0.2.1', port: 443, loopback: false },
    { address: '127.0.0.1', port: 11434, loopback: true },
  ],
  listening: [{ address: '127.0.0.1', port: 9100, loopback: true }],
}
/** A program that cannot be had here, with all that can be against it: keys, connections, tools in sessions of their own. */
const program = (executable: string, argv: readonly string[], toolVariables: readonly string[] = []): SeenProcess[] => [
  seen(1, '/usr/lib/systemd/systemd', ['/sbin/init'], {
    parentPid: 0,
    sessionId: 1,
    ttyNumber: 0,
    environmentNames: KEYS,
  }),
  { ...SHELL, environmentNames: KEYS },
  seen(100, executable, argv, {
    parentPid: 1,
    sessionId: 100,
    ttyNumber: 0,
    environmentNames: KEYS,
    sockets: CONNECTED,
  }),
  ...[101, 102, 103].map((pid) =>
    seen(pid, '/usr/bin/bash', ['bash', '-e', `/tmp/step-${pid}.sh`], {
      ...asTool(pid, 100),
      startTicks: pid * 100,
      environmentNames: [...KEYS, ...toolVariables],
    }),
  ),
]

test.each<[string, string, readonly string[], (readonly string[])?]>([
  [
    'the runner of GitHub Actions',
    '/home/alice/actions-runner/bin/Runner.Worker',
    ['Runner.Worker', 'spawnclient', '105', '108'],
    ['GITHUB_RUN_ID', 'RUNNER_TRACKING_ID', 'CI', 'ACTIONS_RUNTIME_URL'],
  ],
  ['the runner of GitLab', '/usr/bin/gitlab-runner', ['gitlab-runner', 'run'], ['CI_JOB_ID', 'GITLAB_CI']],
  [
    'the agent of Buildkite',
    '/usr/bin/buildkite-agent',
    ['buildkite-agent', 'start'],
    ['BUILDKITE_AGENT_ID', 'BUILDKITE_SESSION_ID'],
  ],
  [
    'the agent of Jenkins',
    '/usr/lib/jvm/java-21/bin/java',
    ['java', '-jar', 'agent.jar'],
    ['JENKINS_AGENT_NAME', 'BUILD_SESSION_ID'],
  ],
  ['nx', NODE, ['node', '/home/alice/shop/node_modules/nx/bin/nx.js', 'run-many'], ['NX_TASK_HASH', 'NX_CLI_SET']],
  [
    'pre-commit',
    '/usr/bin/python3.13',
    ['python3', '/usr/bin/pre-commit', 'run'],
    ['PRE_COMMIT', 'PRE_COMMIT_SESSION_ID'],
  ],
  ['Docker Desktop', '/opt/docker-desktop/bin/com.docker.backend', ['com.docker.backend', 'run'], []],
  ['containerd', '/usr/bin/containerd-shim-runc-v2', ['containerd-shim-runc-v2', '-namespace', 'moby'], []],
  [
    'VS Code with the host of its terminals',
    '/usr/share/code/code',
    ['/usr/share/code/code', '--type=utility', '--utility-sub-type=node.mojom.NodeService'],
    ['VSCODE_IPC_HOOK', 'VSCODE_SESSION_ID'],
  ],
  [
    'an editor of JetBrains',
    '/opt/idea/jbr/bin/java',
    ['/opt/idea/jbr/bin/java', '-Didea.vendor.name=JetBrains'],
    ['IDEA_SESSION_ID', 'TOOLBOX_AGENT'],
  ],
  ...[
    ['-cp', '/opt/idea/lib/app.jar', 'com.intellij.idea.Main', 'nosplash'],
    ['-Xmx2g', '-cp', '/x/gradle-daemon-main.jar', 'org.gradle.launcher.daemon.bootstrap.GradleDaemon', '9.1'],
    ['-classpath', '/x/plexus-classworlds.jar', 'org.codehaus.plexus.classworlds.launcher.Launcher', 'test'],
    ['-jar', '/x/plugins/org.eclipse.equinox.launcher_1.6.900.jar', '-data', '/home/alice/w'],
    ['-jar', '/usr/share/java/jenkins.war', '--httpPort=8080'],
    ['-cp', 'remoting.jar', 'hudson.remoting.jnlp.Main', '-headless'],
    ['-jar', '/opt/sbt/bin/sbt-launch.jar'],
    ['@/x/java.args'],
  ].map((args): [string, string, readonly string[], readonly string[]] => [
    `java ${args.join(' ')}`,
    '/usr/lib/jvm/java-21/bin/java',
    ['java', ...args],
    ['BUILD_SESSION_ID'],
  ]),
  ['tsserver', NODE, ['node', '/usr/share/code/resources/node_modules/typescript/lib/tsserver.js'], []],
  ['rust-analyzer', '/home/alice/.cargo/bin/rust-analyzer', ['rust-analyzer'], []],
  ['Emacs with language servers', '/usr/bin/emacs-gtk', ['emacs'], ['INSIDE_EMACS', 'EMACS_SESSION_ID']],
  ['a browser', '/opt/google/chrome/chrome', ['/opt/google/chrome/chrome', '--type=browser'], []],
  ['Postman', '/opt/Postman/app/Postman', ['/opt/Postman/app/Postman'], []],
  [
    'systemd of a user',
    '/usr/lib/systemd/systemd',
    ['/usr/lib/systemd/systemd', '--user'],
    ['INVOCATION_ID', 'XDG_SESSION_ID', 'AGENT'],
  ],
  [
    'sshd',
    '/usr/lib/openssh/sshd-session',
    ['sshd-session: alice@notty'],
    ['SSH_CONNECTION', 'XDG_SESSION_ID', 'AI_AGENT'],
  ],
  [
    'a terminal',
    '/usr/libexec/gnome-terminal-server',
    ['gnome-terminal-server'],
    ['GNOME_TERMINAL_SCREEN', 'TERM_SESSION_ID'],
  ],
  ['the message bus', '/usr/bin/dbus-daemon', ['dbus-daemon', '--session'], ['DBUS_STARTER_ADDRESS']],
  ['a shell', '/usr/bin/zsh', ['-zsh'], ['AI_AGENT', 'MY_SESSION_ID']],
  ['cron', '/usr/sbin/cron', ['cron', '-f'], ['AI_AGENT']],
])('%s is no agent', async (_, executable, argv, variables) => {
  expect(scoreOf(await look(program(executable, argv, variables)))).toEqual([])
})

test('n8n in continuous integration runs its commands in its own session', async () => {
  const [init, shell] = program('/x', [])
  const n8n = seen(100, NODE, ['node', '/usr/lib/node_modules/n8n/bin/n8n', 'execute', '--id', '1'], {
    environmentNames: KEYS,
    sockets: CONNECTED,
  })
  const step = seen(101, '/usr/bin/dash', ['/bin/sh', '-c', 'x'], {
    parentPid: 100,
    environmentNames: [...KEYS, 'N8N_SESSION_ID'],
  })
  expect(scoreOf(await look([init, shell, n8n, step].flatMap((each) => each ?? [])))).toEqual([])
})
