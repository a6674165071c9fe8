import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { refusedVariables, withoutRefused } from '../../src/config/environment.ts'
import { formatEnrolmentString } from '../../src/protocol/messages/enrolment-string.ts'
import { waitForStatus } from '../support/daemon/ask-daemon.ts'
import { type DaemonProcess, daemonProcess } from '../support/daemon/daemon-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { isCollected } from './collected.ts'
import { sayMissing } from './hostile-program.ts'

const BUILD = resolve(import.meta.dirname, '../../scripts/build.ts')
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = (...names: string[]) => join(folder.path, ...names)
const marker = at('planted')
/** Loaded by anybody, it leaves a mark. */
const PLANTED = `require('node:fs').appendFileSync(${JSON.stringify(marker)}, __filename + '\\n')\nmodule.exports = {}\n`
const PLANTED_MODULE = PLANTED.replace('require(', 'process.getBuiltinModule(')
  .replace('__filename', 'import.meta.url')
  .replace('module.exports = {}', 'export default {}')

/** Every package the program is made of or could ask for, in every folder from which one would be found. */
function plantModules(): void {
  const lock: { packages: Record<string, unknown> } = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../package-lock.json'), 'utf8'),
  )
  const names = Object.keys(lock.packages).flatMap((path) => path.split('node_modules/').slice(1, 2))
  for (const name of new Set([
    ...names,
    'bufferutil',
    'utf-8-validate',
    'supports-color',
    'encoding',
    'osx-temperature-sensor',
  ])) {
    for (const parent of [at('app', 'node_modules'), at('node_modules'), at('cwd', 'node_modules'), at('path')]) {
      mkdirSync(join(parent, name), { recursive: true })
      writeFileSync(join(parent, name, 'index.js'), PLANTED)
      writeFileSync(join(parent, name, 'package.json'), JSON.stringify({ name, main: 'index.js', type: 'commonjs' }))
    }
  }
  writeFileSync(at('cwd', 'package.json'), JSON.stringify({ type: 'commonjs', imports: { '#x': './x.js' } }))
  writeFileSync(at('cwd', '.npmrc'), `node-options=--require ${at('required.cjs')}\n`)
  writeFileSync(at('cwd', '.env'), `NODE_OPTIONS=--require ${at('required.cjs')}\n`)
}

function plantPrograms(): void {
  mkdirSync(at('bin'))
  for (const name of [
    'ps',
    'nft',
    'tpm2',
    'tpm2_quote',
    'systemctl',
    'getent',
    'apt-get',
    'df',
    'lsblk',
    'dmidecode',
    'node',
    'sh',
  ]) {
    writeFileSync(at('bin', name), `#!/bin/sh\necho "$0" >>${marker}\n`, { mode: 0o755 })
  }
}

/** A library that leaves a mark in whatever it is loaded into. @returns whether one could be made. */
function plantLibrary(): boolean {
  if (!existsSync('/usr/bin/gcc')) {
    sayMissing('a library that is loaded before all others', 'gcc (apt install gcc libc6-dev)')
    return false
  }
  const source = `
    #include <fcntl.h>
    #include <unistd.h>
    __attribute__((constructor)) static void loaded(void) {
      int mark = open(${JSON.stringify(at('preloaded'))}, O_WRONLY | O_CREAT | O_APPEND, 0666);
      if (mark < 0 || write(mark, "loaded\\n", 7) != 7) _exit(99);
      close(mark);
    }`
  execFileSync('/usr/bin/gcc', ['-shared', '-fPIC', '-x', 'c', '-o', at('preload.so'), '-'], { input: source })
  return true
}

/** As a hostile starter would have it. */
function hostileEnvironment(): Readonly<Record<string, string>> {
  writeFileSync(at('required.cjs'), PLANTED)
  writeFileSync(at('imported.mjs'), PLANTED_MODULE)
  writeFileSync(at('openssl.cnf'), '# nothing\n')
  return {
    NODE_OPTIONS: `--require ${at('required.cjs')} --import ${at('imported.mjs')}`,
    NODE_PATH: at('path'),
    NODE_EXTRA_CA_CERTS: at('ca.pem'),
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_COMPILE_CACHE: at('cache'),
    NODE_V8_COVERAGE: at('coverage'),
    NODE_DEBUG: 'tls,net,http',
    NODE_INSPECT: '1',
    SSL_CERT_FILE: at('ca.pem'),
    OPENSSL_CONF: at('openssl.cnf'),
    SSLKEYLOGFILE: at('keys.log'),
    HTTPS_PROXY: 'http://127.0.0.1:9',
    https_proxy: 'http://127.0.0.1:9',
    LD_LIBRARY_PATH: at('lib'),
    LD_PRELOAD: at('preload.so'),
    UV_THREADPOOL_SIZE: '1',
    TMPDIR: at('tmp'),
    HOME: at('cwd'),
    LANG: '../../../x',
    LC_ALL: 'tr_TR.UTF-8',
    TZ: ':/etc/shadow',
    PATH: at('bin'),
  }
}

test('refuses what makes the runtime load, trust or write; keeps settings and the rest', () => {
  const environment = { ...hostileEnvironment(), SURETYD_LOG_LEVEL: 'debug', NODE_ENV: 'test', NOTIFY_SOCKET: '/run/x' }
  expect(refusedVariables(environment)).toEqual(
    [
      ...['HTTPS_PROXY', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'NODE_COMPILE_CACHE', 'NODE_DEBUG', 'NODE_EXTRA_CA_CERTS'],
      ...['NODE_INSPECT', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_V8_COVERAGE'],
      ...['OPENSSL_CONF', 'SSLKEYLOGFILE', 'SSL_CERT_FILE', 'TMPDIR', 'UV_THREADPOOL_SIZE', 'https_proxy'],
    ].toSorted(),
  )
  expect(Object.keys(withoutRefused(environment)).toSorted()).toEqual(
    ['HOME', 'LANG', 'LC_ALL', 'NODE_ENV', 'NOTIFY_SOCKET', 'PATH', 'SURETYD_LOG_LEVEL', 'TZ'].toSorted(),
  )
})

const asRoot = process.geteuid?.() === 0 ? test : test.skip
/** For a directory that is not there. */
const ENROLMENT = formatEnrolmentString({
  url: 'wss://localhost:1',
  ca: 'A'.repeat(43),
  root: 'A'.repeat(43),
  token: `tok_${'A'.repeat(22)}`,
  secret: 'A'.repeat(43),
  minimumTier: 'simulated',
})

describe('the bundle, in a folder full of traps', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [BUILD, '--out', at('app'), 'suretyd'])
    plantModules()
    plantPrograms()
  })

  const start = (env: Readonly<Record<string, string>>, args: readonly string[]): DaemonProcess => {
    const prefix = ['/usr/bin/env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]
    return daemonProcess({
      folder: folder.path,
      prefix,
      cwd: at('cwd'),
      main: at('app', 'suretyd', 'suretyd.mjs'),
      args: ['--keys', 'software', '--log-level', 'debug', ...args],
    })
  }

  test('runs no code but its own once it has started again without what it was given', async () => {
    const isPlanted = plantLibrary()
    await using daemon = start(hostileEnvironment(), [])
    await daemon.listening()
    const environment = readFileSync(`/proc/${daemon.pid}/environ`, 'utf8').split('\0')
    const names = environment.flatMap((line) => (line === '' ? [] : [line.slice(0, line.indexOf('='))]))
    expect(names.toSorted()).toEqual(['HOME', 'LANG', 'LC_ALL', 'PATH', 'TZ'])
    expect(readFileSync(`/proc/${daemon.pid}/maps`, 'utf8')).not.toContain(at('preload.so'))
    await daemon.said(/suretyd: starting again without .*NODE_OPTIONS/)
    const before = existsSync(marker) ? readFileSync(marker, 'utf8') : ''
    // The first life, before the exec, was the starter's: --require and --import ran there once each. See threat-model.md.
    expect(before.trim().split('\n')).toEqual([at('required.cjs'), `file://${at('imported.mjs')}`])
    daemon.kill('SIGTERM')
    expect(await daemon.exit).toBe(0)
    expect(readFileSync(marker, 'utf8')).toBe(before)
    // Into that first life as well, and into nothing that came of it.
    if (isPlanted) expect(readFileSync(at('preloaded'), 'utf8')).toBe('loaded\n')
  })

  test('finds no module in folders around it, the current one or a path, nor on PATH', async () => {
    writeFileSync(marker, '')
    await using daemon = start({ PATH: at('bin'), HOME: at('cwd') }, ['--schedules-processes', '* * * * * *'])
    await daemon.listening()
    const { sources } = await waitForStatus(join(folder.path, 'run', 'control.sock'), isCollected)
    const unread = sources.filter(({ state }) => state !== 'parsed' && state !== 'absent')
    expect(unread.filter(({ reason = '' }) => !reason.startsWith('only root '))).toEqual([])
    daemon.kill('SIGTERM')
    expect([await daemon.exit, readFileSync(marker, 'utf8')]).toEqual([0, ''])
  })

  asRoot('(root) loads no addon of another user, nor a token library that they may write', async () => {
    writeFileSync(marker, '')
    execFileSync('chown', ['-R', '4242', at('app', 'node_modules'), at('node_modules')])
    writeFileSync(at('enrolment'), ENROLMENT, { mode: 0o600 })
    writeFileSync(at('pin'), '1234', { mode: 0o600 })
    const token = ['--keys', 'pkcs11', '--pkcs11-module', at('token.so'), '--pkcs11-pin-file', at('pin')]
    await using daemon = start({ PATH: at('bin') }, token)
    await daemon.said(/pkcs11js\/index\.js.* is not safe from other users/)
    daemon.kill('SIGTERM')
    expect([await daemon.exit, readFileSync(marker, 'utf8')]).toEqual([0, ''])
  })
})
