/** A device that takes two versions from a repository, one after the other, as its daemon and its installed program do. */
import { setTimeout as delay } from 'node:timers/promises'
import { chooseFor, updatesFor } from '../checks/updates.ts'
import { say } from '../said.ts'

const [folder = ''] = process.argv.slice(2)
const [first, second, root] = JSON.parse(process.env.REPOSITORIES ?? '[]')

/** Takes the version that a repository offers, and runs it until it is healthy. */
async function take(url: string, version: string, running: string): Promise<void> {
  say('will', 'selected', { text: version })
  const updates = await updatesFor({ folder, from: { url, root }, version: running, isUpdate: running !== '1.0.0' })
  await updates.ask()
  // After a cut it may have seen the second repository already, and does not go back.
  if (url === first && updates.code() === 'UPDATE_UNTRUSTED') return
  if (updates.code() !== undefined) throw new Error(updates.view().lastError?.message)
  say('did', 'selected', { text: version })
  const chosen = await chooseFor(folder)
  if (chosen?.version !== version) throw new Error(`${chosen?.version} in place of ${version}`)
  const newer = await updatesFor({ folder, from: { url, root }, version, isUpdate: true })
  const end = new AbortController()
  const run = newer.run({ signal: end.signal }).catch(() => undefined)
  newer.reached('attested')
  newer.reached('collected')
  while (newer.view().updates === 'trial') await delay(5)
  end.abort()
  await run
}

await take(first, '1.1.0', '1.0.0')
await take(second, '1.2.0', '1.1.0')
