/**
 * A whole daemon whose device changes all the time: it looks as soon as it has told what it saw. Only what it finds is made
 * up, and it never waits long before it connects anew. Prints how often it looked, once a second.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Connect } from '../../../src/daemon/stream/connection.ts'
import { connectWebSocket } from '../../../src/daemon/stream/connection.ts'
import { jwsKindOf } from '../../../src/protocol/messages/jws-types.ts'
import { runningDaemon, sampleAgent, sampleFound } from '../../support/daemon/running-daemon.ts'

const [stateFolder = '', spoolBytes = ''] = process.argv.slice(2)
const found = sampleFound()
const components = process.env.SOAK_PLANT === 'spool' ? { connect: deaf(connectWebSocket) } : {}
const daemon = runningDaemon({ stateFolder, spoolBytes: Number(spoolBytes), found, components })
await daemon.until('attested')

let looks = 0
setInterval(() => process.stdout.write(`${looks}\n`), 1_000)
for (;;) {
  const { spool } = await daemon.status()
  looks++
  const detail = `look ${looks} ${'x'.repeat(500)}`
  found.findings = [{ check: 'os.supported', state: looks % 2 === 0 ? 'pass' : 'fail', detail }]
  const id = (looks % 16).toString(16).repeat(32)
  found.observed = { ...found.observed, sightings: [{ ...sampleAgent, id }] }
  daemon.refresh()
  while ((await daemon.status()).spool.sequence === spool.sequence) await delay(2)
}

/** The planted leak of a spool: acknowledgements never come. */
function deaf(connect: Connect): Connect {
  return async (init, options) => {
    const connection = await connect(init, options)
    return {
      ...connection,
      async next(own) {
        for (;;) {
          const frame = await connection.next(own)
          if (jwsKindOf(frame) !== 'ack') return frame
        }
      },
      [Symbol.dispose]: () => connection[Symbol.dispose](),
    }
  }
}
