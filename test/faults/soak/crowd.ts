import { setTimeout as delay } from 'node:timers/promises'
import { nextAck, ScriptedDevice, type ScriptedDeviceInit, type Wire } from '../../support/directory/scripted-device.ts'
import { scaledMs } from '../../support/machine-speed.ts'

/** Devices that come, attest, tell, take orders and go, over and over; some of them badly. */
export interface Crowd {
  /** Connections so far. */
  readonly rounds: number
  /** What the directory said that it should not have. */
  readonly wrong: readonly string[]
  /** Resolves when all are gone. */
  stop(): Promise<void>
}

export function gather(
  components: {
    readonly token: () => Promise<string>
    readonly order: (device: string) => Promise<unknown>
  },
  init: ScriptedDeviceInit & { readonly devices: number },
): Crowd {
  let rounds = 0
  let over = false
  const wrong: string[] = []
  const live = async (number: number) => {
    let device = new ScriptedDevice(init)
    let { wire } = await device.enrol(await components.token())
    for (let round = 0; !over; round++) {
      try {
        await work(device, wire, round)
        if (round % 40 === 39) {
          // Another machine in its place, so that newcomers are part of it too.
          device = new ScriptedDevice(init)
          wire = (await device.enrol(await components.token())).wire
        } else {
          if (round % 7 === number % 7) await misbehave(device, round)
          wire = (await device.connect()).wire
        }
        rounds++
      } catch (error) {
        if (!over) wrong.push(String(error))
        return
      }
    }
    wire.close()
    await wire.closed
  }
  const work = async (device: ScriptedDevice, wire: Wire, round: number) => {
    const ordered = round % 10 === 5 ? components.order(device.id ?? '') : undefined
    const batches = 1 + (round % 4)
    for (let each = 0; each < batches; each++) wire.send(await device.batch(claims(device, round, each)))
    const orders = await untilAcknowledged(device, wire)
    if (ordered !== undefined) {
      const payload = orders[0] ?? (await wire.nextOf('order')).payload
      await ordered
      device.order = Number(payload.number)
      const receipt = { order: String(payload.id), number: device.order, outcome: 'done' as const, time: 1 }
      wire.send(await device.batch({ receipts: [receipt] }))
      while ((await nextAck(wire)).sequence < device.sequence);
    }
    if (round % 3 === 0) {
      wire.send(JSON.stringify({ type: 'renew', reason: 'timer', sequence: device.sequence, head: device.head }))
      const challenge = await device.challenge(wire)
      wire.send(await device.sign('attestation', device.attestation(challenge, wire)))
      await wire.nextOf('result')
    }
    wire.close()
    await wire.closed
  }
  const devices = Promise.all(Array.from({ length: init.devices }, (_, number) => live(number)))
  return {
    get rounds() {
      return rounds
    },
    wrong,
    async stop() {
      over = true
      await Promise.race([devices, delay(scaledMs(20_000), undefined, { ref: false })])
    },
  }
}

/** @returns the orders that came before the acknowledgement. */
async function untilAcknowledged(device: ScriptedDevice, wire: Wire): Promise<Record<string, unknown>[]> {
  const orders: Record<string, unknown>[] = []
  for (;;) {
    const { kind, text, payload } = await wire.next()
    if (kind === 'refusal' || kind === 'other') throw new Error(text)
    if (kind === 'order') orders.push(payload)
    if (kind === 'ack' && Number(payload.sequence) >= device.sequence) return orders
  }
}

function claims(device: ScriptedDevice, round: number, each: number) {
  const state = (round + each) % 2 === 0 ? ('pass' as const) : ('fail' as const)
  const agent = (id: string) => ({
    kind: 'agent' as const,
    id: id.repeat(32),
    name: 'Claude Code',
    evidence: [],
    state: 'running' as const,
    agentKind: 'cli',
    user: { id: '1000', name: 'ada' },
  })
  return {
    findings: [{ check: 'os.supported', state, detail: `${device.id} ${round} ${'x'.repeat(800)}` }],
    sightings: {
      mode: 'delta' as const,
      items: [agent(String(round % 10))],
      gone: [String((round + 5) % 10).repeat(32)],
    },
    health: round % 2 === 0 ? [] : [{ code: 'SPOOL_FULL', remedy: 'wait', since: 1 }],
  }
}

/** What a directory refuses, each in another place of its code. */
async function misbehave(device: ScriptedDevice, round: number): Promise<void> {
  const wire = await device.dial()
  const how = round % 4
  if (how === 0) wire.send('no frame')
  else if (how === 1) wire.send(device.hello({ epoch: 9 }))
  else if (how === 2) {
    wire.send(device.hello())
    await device.challenge(wire)
    wire.send(await device.sign('activation', {}))
  }
  // Or it says nothing and is gone.
  if (how !== 3) await wire.refusal()
  wire.close()
  await wire.closed
}
