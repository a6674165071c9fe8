import type { Command } from 'commander'
import { type PendingDevice, pendingDevices } from '../../protocol/nouns/enrolment/pending-devices.ts'
import { answer, type CommandComponents, type CommonOptions } from '../command/command-line.ts'
import { facts } from '../command/format.ts'
import { call, list } from '../nouns/call.ts'
import { addCommandsTo } from '../nouns/noun-commands.ts'

/** `devices pending`, `devices accept` and `devices refuse`: new devices that wait for a human. */
export function addPendingDeviceCommands(devices: Command, components: CommandComponents): void {
  addCommandsTo(devices, components, pendingDevices, {
    facts: {
      /** A device chooses its names: what it proves is shown before it is let in. */
      async accept({ api, id, body }) {
        const { items } = await list(api, pendingDevices, { named: id, status: 'pending' })
        const device = items.find((one) => one.id === id)
        return device && deviceLines({ ...device, ...body })
      },
    },
    verbs: {
      async accept({ api, id, body, options }) {
        const device = await call(api, pendingDevices, 'accept', { id, body })
        answerDevice(components, options, device)
      },
      async refuse({ api, id, body, options }) {
        answerDevice(components, options, await call(api, pendingDevices, 'refuse', { id, body }))
      },
    },
  })
}

function answerDevice(components: CommandComponents, options: CommonOptions, pendingDevice: PendingDevice): void {
  const document = { schema: 'surety-directory/pending-device@1', pendingDevice } as const
  answer(components, options, document, () => deviceLines(pendingDevice))
}

function deviceLines({ id, status, tier, owner, endorsementKey, label, notes }: PendingDevice): readonly string[] {
  return facts([
    ['device', `${id} is ${status}`],
    ['tier', tier],
    ['owner', owner],
    ['proven', endorsementKey === undefined ? 'a key' : `a TPM, endorsement key ${endorsementKey}`],
    ['says', `host ${label.hostname}, serial number ${label.serial ?? '-'}`],
    ['notes', notes.length === 0 ? undefined : notes.join('; ')],
  ])
}
