/** A daemon's keys in hardware from its first start on: two of them, and with a TPM those of another one after it. */

import { toBase64Url } from '../../../../src/base/bytes.ts'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { type Hardware, openHardwareKeys } from '../checks/hardware-keys.ts'
import { stateFolderOf } from '../checks/state.ts'
import { say } from '../said.ts'

const [folder = ''] = process.argv.slice(2)
// Our own test wrote it.
const { first, second } = JSON.parse(process.env.HARDWARE ?? '') as { first: Hardware; second?: Hardware }
const stateFolder = stateFolderOf(folder)

async function makeKeys(hardware: Hardware, name: string, init: { renew?: boolean } = {}): Promise<void> {
  const provider = await openHardwareKeys(hardware, { stateFolder, ...init })
  for (const label of ['device', 'other']) {
    const { publicKey } = await provider.getOrCreateKey(label)
    say('did', `${label} of the ${name}`, { text: toBase64Url(sha256(publicKey)) })
  }
  await provider[Symbol.asyncDispose]()
}

await makeKeys(first, 'first')
if (second !== undefined) {
  say('will', 'renew')
  await makeKeys(second, 'second', { renew: true })
}
