import { startTestDirectory } from '../../support/directory-api.ts'
import { agentSighting } from '../../support/sample-sightings.ts'
import { ask, deviceWith } from './fleet-questions.ts'

/** What a device says may be as much as its frames hold: nobody who asks for it is answered with hundreds of megabytes. */

const PART = {
  role: 'tool',
  pid: 1,
  startTicks: 1,
  parentPid: 1,
  executable: `/${'x'.repeat(4000)}`,
  because: '',
} as const

test('the sightings of a device come in pages of bounded size, all of them', async () => {
  await using directory = await startTestDirectory()
  const ids = Array.from({ length: 60 }, (_, index) => index.toString(16).padStart(32, '0'))
  const items = ids.map((id) => ({ ...agentSighting('0'), id, parts: Array.from({ length: 64 }, () => PART) }))
  const device = await deviceWith(directory, ...items)
  const told: string[] = []
  const pages: number[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const after = cursor === '' ? '' : `&cursor=${cursor}`
    const { json, text } = await ask(
      directory,
      `/devices/${device}/sightings?kind=agent&state=present&limit=500${after}`,
    )
    told.push(...Object(json).items.map(({ sighting }: { sighting: { id: string } }) => sighting.id))
    pages.push(text.length)
    cursor = Object(json).next
  }
  expect(told).toEqual(ids)
  expect(Math.max(...pages)).toBeLessThan(10 * 1024 * 1024)
})
