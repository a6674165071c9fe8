/** A software token in one folder. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SHARE_ENV, Worker } from 'node:worker_threads'
import type { Pkcs11Init } from '../../../src/keys/pkcs11/pkcs11-keys.ts'
import { loadPkcs11js } from '../../../src/keys/pkcs11/pkcs11-module.ts'

const LIBRARIES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so']
const PIN = '648219'

/** What is missing to run tests on a token, or undefined: suites skip aloud with it. */
export async function softhsmMissing(): Promise<string | undefined> {
  if (!LIBRARIES.some(existsSync)) return 'not installed: softhsm2 (apt install softhsm2)'
  return await loadPkcs11js().then(
    () => undefined,
    (error: Error) => error.message,
  )
}

/** Makes a token called `label` in `folder`; later tokens of the same process go into the same folder's configuration. */
export async function makeSofthsmToken(folder: string, label: string): Promise<Omit<Pkcs11Init, 'stateFolder'>> {
  const [tokens, config, pinFile] = ['tokens', 'softhsm2.conf', 'pin'].map((name) => join(folder, name))
  if (tokens === undefined || config === undefined || pinFile === undefined) throw new TypeError('unreachable')
  await mkdir(tokens, { recursive: true })
  await writeFile(config, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`)
  await writeFile(pinFile, `${PIN}\n`, { mode: 0o600 })
  const init = ['--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', '87654321']
  await promisify(execFile)('softhsm2-util', init, { env: { ...process.env, SOFTHSM2_CONF: config } })
  await setRealEnvironment('SOFTHSM2_CONF', config)
  return { library: LIBRARIES.find(existsSync) ?? '', tokenLabel: label, pinFile }
}

/** Jest gives tests a copy of the environment, which a C library does not see; a worker that shares it does. */
async function setRealEnvironment(name: string, value: string): Promise<void> {
  const code = 'const { workerData: [name, value] } = require("node:worker_threads"); process.env[name] = value'
  const worker = new Worker(code, { eval: true, env: SHARE_ENV, workerData: [name, value] })
  await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
}
