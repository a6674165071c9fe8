import { readFileSync, writeFileSync } from 'node:fs'
import { codeOf } from '../../../../src/base/errors.ts'
import { openSoftwareKeys, softwareKeyPath } from '../../../../src/keys/software/software-keys.ts'
import { keyFilePath, readKeyFile, writeKeyFile } from '../../../../src/keys/tpm/key-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** Bit by bit, the files that hold or wrap a device key. */

async function eachFlip(path: string, read: () => Promise<unknown>, step = 1) {
  const bytes = readFileSync(path)
  const outcomes = new Map<unknown, number>()
  for (let bit = 0; bit < bytes.length * 8; bit += step) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    writeFileSync(path, flipped)
    const outcome = await read().then((value) => JSON.stringify(value), codeOf)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  return [...outcomes.keys()]
}

test('wrapped keys of a TPM are as written, or STORE_CORRUPT before the TPM is asked', async () => {
  using folder = temporaryFolder()
  const blob = { public: 'cHVibGlj', private: 'cHJpdmF0ZQ' }
  const file = {
    version: 1,
    endorsement: { kind: 'p256', public: 'ZW5kb3JzZW1lbnQ' },
    root: 'primary',
    authorisation: 'A'.repeat(43),
    attestation: blob,
    keys: [{ label: 'device', ...blob }],
  } as const
  await writeKeyFile(folder.path, { ...file, keys: [...file.keys] })
  const outcomes = await eachFlip(keyFilePath(folder.path), () => readKeyFile(folder.path))
  expect(outcomes).toEqual(['STORE_CORRUPT'])
})

test('a software key is the one that was made, or STORE_CORRUPT, and never another', async () => {
  using folder = temporaryFolder()
  const read = async () => {
    const key = await openSoftwareKeys({ stateFolder: folder.path }).getOrCreateKey('device')
    return Buffer.from(key.publicKey).toString('base64url')
  }
  const made = await read()
  const outcomes = await eachFlip(softwareKeyPath(folder.path, 'device'), read, 5)
  expect(outcomes.sort()).toEqual(['STORE_CORRUPT', JSON.stringify(made)].sort())
})
