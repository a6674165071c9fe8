import { reader } from '../../../src/base/schema.ts'
import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import type { Sighting } from '../../../src/protocol/sighting.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

/** Devices that have told what is on them, and questions about all of them. */

export const DAY_MS = 86_400_000

const numbers = { next: 0 }
/** A device that has told all there is on it. */
export async function deviceWith(directory: TestDirectory, ...items: readonly Sighting[]): Promise<string> {
  const { device } = await seedDevice(directory, testKey(`fleet ${numbers.next++}`))
  await tell(directory, device, items)
  return device
}

/** A full snapshot: what it does not show has ended. */
export async function tell(directory: TestDirectory, device: string, items: readonly Sighting[]) {
  const at = directory.clock.now()
  await applySightings(directory.store, device, {
    sightings: { mode: 'full', snapshot: `s${numbers.next++}`, part: 0, parts: 1, items: [...items] },
    at,
  })
}

/** Asks as administrator, and holds a good answer to the schema that its route documents. */
export async function ask(directory: TestDirectory, path: string) {
  const answer = await directory.ask('GET', `/api/v1${path}`)
  const [name = ''] = path.split('?')
  const route = directory.routes.find((one) => one.path === name)
  if (answer.status === 200 && route !== undefined) reader(route.response, { name }).read(answer.json)
  return answer
}

/** Which of the sightings the question finds: the digit that names each. */
export async function found(directory: TestDirectory, path: string): Promise<string> {
  const { status, json } = await ask(directory, path)
  expect({ path, status }).toEqual({ path, status: 200 })
  return Object(json)
    .items.map(({ sighting }: { sighting: Sighting }) => sighting.id[0])
    .join('')
}
