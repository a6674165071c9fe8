import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseEnrolmentString } from '../src/protocol/messages/enrolment-string.ts'
import { connectSoftwareDevice, enrolSoftwareDevice, nextBatch } from './software-device.ts'

/**
 * A known device that sends one batch after the other. Each line of standard input is a number of milliseconds to measure;
 * each line of standard output has the times from a batch to its acknowledgement.
 */

const [enrolment = '', ca = ''] = process.argv.slice(2)
const { url } = parseEnrolmentString(enrolment)
const device = await enrolSoftwareDevice(parseEnrolmentString(enrolment), ca)
const link = await connectSoftwareDevice(device, url, ca)
link.socket.on('close', () => process.exit(1))

async function timeOfOne(): Promise<number> {
  const acknowledged = new Promise<void>((resolve) => {
    const { sequence } = device
    link.onAck = (newest) => {
      if (newest > sequence) resolve()
    }
  })
  const frame = nextBatch(device, 4_000)
  const sentAt = performance.now()
  link.socket.send(frame)
  await acknowledged
  return performance.now() - sentAt
}

process.stdout.write('ready\n')
const lines = createInterface({ input: process.stdin })
for (;;) {
  const [line] = await once(lines, 'line')
  const times: number[] = []
  const until = performance.now() + Number(line)
  while (performance.now() < until) {
    times.push(await timeOfOne())
    await delay(5)
  }
  process.stdout.write(`${JSON.stringify(times)}\n`)
}
