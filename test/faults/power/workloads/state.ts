/** A daemon's state folder from the first start: its key, who it is, how far its orders are. */

import { toBase64Url } from '../../../../src/base/bytes.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { openKeys } from '../../../../src/keys/open-keys.ts'
import { identityOf, openStateOf, stateFolderOf } from '../checks/state.ts'
import { say } from '../said.ts'
import { seededRandom } from '../seeded-random.ts'

const [folder = '', seed = ''] = process.argv.slice(2)
const random = seededRandom(Number(seed))
const stateFolder = stateFolderOf(folder)

const { state } = await openStateOf(folder)
const { provider } = await openKeys({ clock: systemClock }, { stateFolder, want: 'software', tpm: {} })
const key = toBase64Url(sha256((await provider.getOrCreateKey('device')).publicKey))
say('did', 'key', { text: key })

async function changeIdentity(): Promise<void> {
  const epoch = (state.identity?.epoch ?? 0) + 1
  say('will', 'identity', { number: epoch })
  await state.setIdentity(identityOf({ epoch, key }))
  say('did', 'identity', { number: epoch })
}

async function takeOrders(): Promise<void> {
  const order = state.progress.order
  const numbers = [order + 1, order + 2]
  for (const number of numbers) say('will', 'progress', { number })
  await Promise.all(numbers.map((number) => state.changeProgress(({ open }) => ({ order: number, open: [...open] }))))
  say('did', 'progress', { number: order + 2 })
}

await changeIdentity()
for (let step = 0; step < 6; step++) await (random.happens(0.3) ? changeIdentity() : takeOrders())
await provider[Symbol.asyncDispose]()
