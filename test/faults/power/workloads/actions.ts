/** A directory that gives out tokens, lets devices in, gives them orders and replaces its catalogue. */
import { parseEnrolmentString } from '../../../../src/protocol/messages/enrolment-string.ts'
import { newKey, openActing, type ToldEnrolment } from '../checks/actions.ts'
import { say } from '../said.ts'
import { seededRandom } from '../seeded-random.ts'

const [folder = '', seed = '', variant] = process.argv.slice(2)
const random = seededRandom(Number(seed))

using acting = await openActing(folder, (order) => say('did', 'order', { text: JSON.stringify(order) }))
if (variant === 'synchronous-normal') acting.database.exec('PRAGMA synchronous=NORMAL')
// Often enough that pages go to their place, and the log begins anew.
acting.database.exec('PRAGMA wal_autocheckpoint=96')

async function admit(): Promise<string> {
  const { id, enrolment } = await acting.tokens.create(
    { owner: 'ada', ttlMs: 3_600_000, minimumTier: 'software' },
    'adm_one',
  )
  say('did', 'token', { text: enrolment })
  const told: ToldEnrolment = { token: id, key: newKey() }
  say('will', 'enrol', { text: JSON.stringify(told) })
  const enrolled = await acting.enrol(parseEnrolmentString(enrolment).token, told.key)
  if (enrolled.status !== 'accepted') throw new TypeError('nobody has this key')
  const device = enrolled.device.id
  say('did', 'enrol', { text: JSON.stringify({ ...told, device } satisfies ToldEnrolment) })
  return device
}

async function replaceCatalogue(): Promise<void> {
  const version = (acting.catalogues.current()?.version ?? 0) + 1
  const entry = { id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }
  const sources = { seen: { title: random.text(100) } }
  const written = { schema: 'surety/catalogue@1', version, asOf: '2026-11-25' }
  const text = JSON.stringify({ ...written, sources, entries: [entry] })
  say('will', 'catalogue', { number: version, text })
  await acting.catalogues.set(text, 'adm_one')
  say('did', 'catalogue', { number: version, text })
}

const devices: string[] = []
for (let step = 0; step < 3; step++) {
  devices.push(await admit())
  // Not the last act of a step: SQLite may copy its log into the database here, which makes everything before it durable.
  await replaceCatalogue()
  for (let order = 0; order < 2; order++) {
    const device = devices[random.below(devices.length)] ?? ''
    await acting.orders.issue({ device, kind: 'collect', reason: random.text(20) }, 'adm_one')
  }
}
