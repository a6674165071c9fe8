/** A software TPM with an EK certificate under a CA of its own; everything it writes lies in one folder. */
import { execFile } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startSimulatedTpm } from '../../../scripts/start/simulated-tpm.ts'
import { systemClock } from '../../../src/base/clock.ts'

const run = promisify(execFile)

export type EkKind = 'rsa2048' | 'p256' | 'p384'

export interface SwtpmInit {
  /** An empty folder, or one of an earlier run: the same TPM then, after a reboot. Keep its path short (108 bytes). */
  readonly folder: string
  /** The one EK certificate the TPM holds. `none`: a TPM whose maker certified nothing. */
  readonly ek?: EkKind | 'none'
}

export interface Swtpm extends AsyncDisposable {
  /** For `openKeys`: the raw TPM stream. It serves one client at a time; a second one waits. */
  readonly simulator: string
  /** PEM files: the root CA, then the CA that issued the EK certificate. */
  readonly caCertificates: readonly [root: string, issuer: string]
  /** For TPM2TOOLS_TCTI, while nobody else is connected. */
  readonly tcti: string
  /** Power off without TPM2_Shutdown. The state stays in the folder. */
  stop(): Promise<void>
}

/** What is missing to run swtpm, or undefined: suites skip aloud with it. */
export function swtpmMissing(): string | undefined {
  const missing = ['swtpm', 'swtpm_setup', 'swtpm_localca', 'tpm2_createek'].filter(
    (name) => !['/usr/bin', '/usr/local/bin', '/bin'].some((folder) => existsSync(join(folder, name))),
  )
  return missing.length === 0
    ? undefined
    : `not installed: ${missing.join(', ')} (apt install swtpm swtpm-tools tpm2-tools)`
}

/** Makes the TPM if the folder holds none, then powers it on. */
export async function startSwtpm(init: SwtpmInit): Promise<Swtpm> {
  const { folder } = init
  const fresh = !existsSync(join(folder, 'state', 'tpm2-00.permall'))
  const { signal } = new AbortController()
  const tpm = await startSimulatedTpm({ clock: systemClock }, { folder, socketFolder: folder }, { signal })
  const { simulator, caCertificates } = tpm
  const stop = () => tpm[Symbol.asyncDispose]()
  const tcti = simulator.replace(/^unix:/, 'swtpm:path=')
  if (fresh) await keepOneCertificate(folder, init.ek ?? 'rsa2048', tcti)
  return { simulator, caCertificates, tcti, stop, [Symbol.asyncDispose]: stop }
}

const NV = { rsa2048: '0x01C00002', p256: '0x01C0000A', p384: '0x01C00016' } as const

/** swtpm_setup certifies an RSA-2048 and a P-384 EK; what was not asked for is taken out again. */
async function keepOneCertificate(folder: string, ek: EkKind | 'none', tcti: string): Promise<void> {
  const env = { ...process.env, TPM2TOOLS_TCTI: tcti }
  const tool = (name: string, ...args: string[]) => run(name, args, { env })
  for (const kind of ['rsa2048', 'p384'] as const) {
    if (kind !== ek) await tool('tpm2_nvundefine', '-C', 'p', NV[kind])
  }
  for (const handle of ['0x81010001', '0x81010016']) await tool('tpm2_evictcontrol', '-C', 'p', '-c', handle)
  if (ek !== 'p256') return
  const [publicFile, context] = [join(folder, 'ek.pem'), join(folder, 'ek.ctx')]
  await tool('tpm2_createek', '-G', 'ecc', '-c', context, '-u', publicFile, '-f', 'pem')
  await tool('tpm2_flushcontext', '-t')
  const certificate = await certifyP256(folder, publicFile)
  const size = String((await readFile(certificate)).length)
  const attributes = 'ppwrite|writedefine|ppread|ownerread|authread|no_da|platformcreate'
  await tool('tpm2_nvdefine', NV.p256, '-C', 'p', '-s', size, '-a', attributes)
  await tool('tpm2_nvwrite', NV.p256, '-C', 'p', '-i', certificate)
}

async function certifyP256(folder: string, publicFile: string): Promise<string> {
  const { x = '', y = '' } = createPublicKey(await readFile(publicFile)).export({ format: 'jwk' })
  const hex = (text: string) => Buffer.from(text, 'base64url').toString('hex')
  const ca = join(folder, 'ca')
  const [config, options] = [join(folder, 'localca.conf'), join(folder, 'localca.options')]
  const key = `signingkey=${join(ca, 'signkey.pem')}\nissuercert=${join(ca, 'issuercert.pem')}`
  await writeFile(config, `statedir=${ca}\n${key}\ncertserial=${join(ca, 'certserial')}\n`)
  await writeFile(options, '--platform-manufacturer Surety\n--platform-version 1.0\n--platform-model Simulator\n')
  await run('swtpm_localca', [
    ...['--type', 'ek', '--ek', `x=${hex(x)},y=${hex(y)},id=secp256r1`, '--dir', folder, '--tpm2'],
    ...['--tpm-spec-family', '2.0', '--tpm-spec-level', '0', '--tpm-spec-revision', '164'],
    ...['--tpm-manufacturer', 'id:00001014', '--tpm-model', 'swtpm', '--tpm-version', 'id:20191023'],
    ...['--configfile', config, '--optsfile', options],
  ])
  return join(folder, 'ek.cert')
}
