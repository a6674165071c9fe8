import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { SessionComponents } from '../ingress/session-components.ts'
import type { Orders } from '../orders/orders.ts'
import { worker } from '../workers/worker.ts'
import type { Demonstration, DemonstrationStore } from './demonstration-store.ts'
import { type StandInComponents, standInDevices } from './stand-in-devices.ts'

export type StandInsComponents = Omit<StandInComponents, 'store' | 'clock'> & {
  readonly store: StandInComponents['store'] & { readonly demonstration: Pick<DemonstrationStore, 'heardSince'> }
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'error'>
  readonly orders: Pick<Orders, 'after'>
}

/** Devices that were heard so long before the data was made are connected. */
const AWAKE_WITHIN_MS = 3_600_000
const ANSWER_WITHIN_MS = 2_000

/** Connects the devices of a demonstration, and lets them work until it is disposed of. */
export async function startStandIns(
  components: StandInsComponents,
  { madeAt }: Pick<Demonstration, 'madeAt'>,
): Promise<AsyncDisposable> {
  const { store, log, orders, live } = components
  const standIns = standInDevices(components, { answerWithinMs: ANSWER_WITHIN_MS })
  const awake = await store.demonstration.heardSince(madeAt - AWAKE_WITHIN_MS)
  for (const device of awake) {
    standIns.connect(device)
    for (const order of await orders.after({ id: device, epoch: 1 }, 0)) live.get(device)?.sendOrder(order)
  }
  log.info('this is a demonstration: its devices are made up, and no other device is served', { devices: awake.length })
  const stopped = new AbortController()
  const { signal } = stopped
  const rows = [
    {
      work: async () => (await standIns.answerSome()) > 0,
      everyMs: 100,
      failure: 'devices of the demonstration did not answer',
    },
    {
      work: async () => (await standIns.attestSome()) > 0,
      everyMs: 60_000,
      failure: 'devices of the demonstration did not attest',
    },
  ]
  const workers = rows.map((row) => worker(components, row, { signal }))
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await Promise.all(workers.map(({ ended }) => ended))
    },
  }
}

/** A demonstration serves no device: what is made up and what is real must not be in one list. */
export function servingNoDevice(components: SessionComponents): SessionComponents {
  const { enrolment, registry } = components
  return {
    ...components,
    enrolment: {
      ...enrolment,
      async admit() {
        throw new SuretyError('ENROLMENT_DENIED', 'the directory has made-up data only: no device can enrol')
      },
    },
    registry: { ...registry, standing: async () => undefined },
  }
}
