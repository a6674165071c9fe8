import type { ProcessSockets } from '../../system/processes/process-details.ts'
import type { Reason } from './signals.ts'

const SERVICE_WEIGHT = 15

/** The program listens on loopback, as agents do for their windows and helpers. */
export function serviceReason(listening: ProcessSockets['listening']): Reason | undefined {
  const service = listening.find(({ loopback }) => loopback)
  if (service === undefined) return undefined
  return {
    name: 'loopback-service',
    weight: SERVICE_WEIGHT,
    detail: `listens on port ${service.port} for this machine alone`,
  }
}
