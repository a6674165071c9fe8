import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importP256, verifyEs256 } from '../../../src/crypto/jws.ts'
import { identityReader, progressReader } from '../../../src/daemon/state/identity.ts'
import { openSoftwareKeys, softwareKeyPath } from '../../../src/keys/software/software-keys.ts'
import { blobOf, keyFilePath, readKeyFile } from '../../../src/keys/tpm/key-file.ts'
import * as samples from '../../support/protocol/frame-samples.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { bytesOf, promise, refusing, refusingLater, type Target, textOf } from '../target.ts'

let made: string | undefined

/** Keys are read from files, so there is a folder, which the process takes with it. */
function folder(): string {
  if (made === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'surety-fuzz-'))
    process.once('exit', () => rmSync(path, { recursive: true, force: true }))
    made = path
  }
  return made
}

const hash = samples.evidence.previous
const identity = {
  schema: 'surety/identity@1',
  status: 'pending',
  device: samples.evidence.sub,
  epoch: 1,
  tier: 'software',
  token: samples.enrolmentHello.token?.id,
  pins: { url: 'wss://a:1', ca: hash, root: hash },
  caCertificate: 'PEM',
  keyKind: 'software',
  key: hash,
  enrolledAt: 5,
}

const state: Target = {
  name: 'state-files',
  kind: 'json',
  seeds: () =>
    [identity, { schema: 'surety/progress@1', order: 3, open: [{ order: samples.order.id, number: 3 }] }].map((one) =>
      JSON.stringify(one),
    ),
  async run(input) {
    const text = textOf(input)
    for (const reader of [identityReader, progressReader]) {
      const value = await refusing(['INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP'], async () =>
        reader.readJson(text),
      )
      if (value !== undefined)
        promise(
          JSON.stringify(reader.readJson(JSON.stringify(value))) === JSON.stringify(value),
          'what is written is read again',
        )
    }
  },
}

const blob = { public: 'AA', private: 'AAAA' }
const keyFile = {
  version: 1,
  endorsement: { kind: 'p256', public: 'AA' },
  root: 'primary',
  authorisation: hash,
  attestation: blob,
  keys: [{ label: 'device', ...blob }],
}

const keys: Target = {
  name: 'key-files',
  kind: 'json',
  seeds: () => [
    JSON.stringify(keyFile),
    String(testKey('software').privateKey.export({ type: 'pkcs8', format: 'pem' })),
  ],
  words: ['-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----'],
  async run(input) {
    const stateFolder = folder()
    writeFileSync(keyFilePath(stateFolder), input, { mode: 0o600 })
    await refusingLater(['STORE_CORRUPT', 'FILE_TOO_LARGE'], async () => {
      const file = await readKeyFile(stateFolder)
      if (file !== undefined) blobOf(file.attestation)
    })
    writeFileSync(softwareKeyPath(stateFolder, 'device'), input, { mode: 0o600 })
    await using provider = openSoftwareKeys({ stateFolder })
    await refusingLater(['STORE_CORRUPT', 'FILE_TOO_LARGE'], async () => {
      const key = await provider.getOrCreateKey('device')
      const signature = await key.sign(bytesOf('message'))
      promise(
        verifyEs256(bytesOf('message'), signature, importP256(key.publicKey)),
        'a key that was read signs for itself',
      )
    })
  },
}

export const stateTargets: readonly Target[] = [state, keys]
