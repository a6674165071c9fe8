/** A program that watches itself as the daemon does, and prints each sign as a line of JSON. */
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { beginTamperWatch } from '../../../src/daemon/tamper/tamper-watch.ts'
import { waitedForProcessorMs } from '../../../src/system/processes/linux/waited-for-processor.ts'
import { ownActivity } from '../../../src/system/program/own-activity.ts'

const [stateFolder = ''] = process.argv.slice(2)
using activity = ownActivity()
await using watch = await beginTamperWatch(
  {
    clock: systemClock,
    log: silentLog,
    health: { raise: () => undefined },
    directoryTime: () => undefined,
    timesHeard: () => 0,
    boot: { uptimeMs: () => activity.awakeMs() },
    evidence: {
      reportTamperSign(sign, onDurable) {
        process.stdout.write(`${JSON.stringify(sign)}\n`)
        onDurable()
      },
    },
    probe: {
      ...activity,
      waitedMs: waitedForProcessorMs,
      wakes: () => 0,
      knowsSleep: () => true,
      systemUpMs: () => undefined,
    },
  },
  {
    stateFolder,
    bootId: 'boot',
    version: '1.0.0',
    settings: {},
    hasReported: false,
    turnMs: 50,
    pauseAfterMs: 400,
  },
)
const ended = new AbortController()
process.stdin.on('end', () => ended.abort()).resume()
process.stdout.write('{"kind":"watching"}\n')
await watch.run({ signal: ended.signal })
