import type { Command } from 'commander'
import { DEVICE_ID } from '../../protocol/ids.ts'
import {
  type PendingDevice,
  type PendingReason,
  pendingDevicePageReader,
  pendingDeviceReader,
} from '../../protocol/nouns/enrolment/pending-devices.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  examples,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'

/** `devices pending`, `devices accept` and `devices refuse`: new devices that wait for a human. */

const NAMED_PENDING: NamedItems<PendingDevice> = {
  wholeId: new RegExp(DEVICE_ID),
  path: '/pending-devices?status=pending',
  reader: pendingDevicePageReader,
  noun: 'pending device',
  list: 'devices pending',
  preferred: () => true,
  describe: ({ id, label, tier }) => `${id} (${label.hostname}, ${tier})`,
}

const PENDING_WORDS = 'its id, at least eight characters of its beginning, host name, serial number or owner'

export function addPendingDeviceCommands(devices: Command, components: CommandComponents): void {
  withFormat(withApiOptions(devices.command('pending').description('new devices that wait for a decision')))
    .option('--all', 'those already decided too')
    .addHelpText('after', examples('surety-directory devices pending', 'surety-directory devices pending --all -o csv'))
    .action(async (options: FormatOptions & { readonly all?: boolean }) => {
      const path = options.all === true ? '/pending-devices' : '/pending-devices?status=pending'
      const items = await allPages(await openApi(components, options), path, pendingDevicePageReader)
      await printList<PendingDevice>(components, options, {
        items,
        columns: COLUMNS,
        idOf: ({ id }) => id,
        document: { schema: 'surety-directory/pending-devices@1', pendingDevices: items },
        footer: items.length === 0 ? 'no device waits' : countOf(items.length, 'device'),
      })
    })

  withConsent(withApiOptions(devices.command('accept').description('let a new device in that waits')))
    .argument('<pending device>', PENDING_WORDS)
    .option('--owner <name>', 'the human who answers for it, in place of the one that its token names')
    .option('--reason <text>', 'why; the list and the audit keep it')
    .addHelpText(
      'after',
      examples(
        'surety-directory devices accept laptop-7 --reason "compared the serial number by telephone"',
        'surety-directory devices accept dev_4fG2 --owner bob@example.org --yes',
      ),
    )
    .action((wanted: string, options: DecisionOptions) => decide(components, 'accept', wanted, options))

  withApiOptions(devices.command('refuse').description('refuse a new device that waits'))
    .argument('<pending device>', PENDING_WORDS)
    .option('--reason <text>', 'why; the list and the audit keep it')
    .addHelpText(
      'after',
      examples(
        'surety-directory devices refuse dev_4fG2 --reason "no laptop of ours"',
        'surety-directory devices refuse laptop-7',
      ),
    )
    .action((wanted: string, options: DecisionOptions) => decide(components, 'refuse', wanted, options))
}

interface DecisionOptions extends ConsentOptions {
  readonly owner?: string
  readonly reason?: string
}

async function decide(
  components: CommandComponents,
  outcome: 'accept' | 'refuse',
  wanted: string,
  options: DecisionOptions,
): Promise<void> {
  const { owner, reason } = options
  const api = await openApi(components, options)
  const id = await itemIdOf(api, wanted, NAMED_PENDING)
  if (outcome === 'accept') await confirm(components, options, { api, device: await pendingDeviceOf(api, id) })
  const path = `/pending-devices/${id}/${outcome}`
  const body = { ...(owner === undefined ? {} : { owner }), ...(reason === undefined ? {} : { reason }) }
  const device = await api.ask('POST', path, pendingDeviceReader, Object.keys(body).length === 0 ? undefined : body)
  const document = { schema: 'surety-directory/pending-device@1', pendingDevice: device } as const
  answer(components, options, document, () => deviceLines(device, owner))
}

/** A device chooses its names: what it proves is shown before it is let in. */
async function confirm(
  components: CommandComponents,
  options: DecisionOptions,
  { api, device }: { readonly api: ApiClient; readonly device: PendingDevice | undefined },
): Promise<void> {
  if (device === undefined || device.status !== 'pending') return
  const facts = deviceLines(device, options.owner)
  await requireConsent(components, options, {
    facts,
    act: `Let ${device.id} in`,
    permission: { api, action: 'operate' },
  })
}

async function pendingDeviceOf(api: ApiClient, id: string): Promise<PendingDevice | undefined> {
  const path = `/pending-devices${queryOf({ named: id, limit: 2 })}`
  return (await api.ask('GET', path, pendingDevicePageReader)).items.find((one) => one.id === id)
}

function deviceLines(device: PendingDevice, owner: string | undefined): readonly string[] {
  const { id, status, tier, endorsementKey, label, notes } = device
  return facts([
    ['device', `${id} is ${status}`],
    ['tier', tier],
    ['owner', owner ?? device.owner],
    ['proven', endorsementKey === undefined ? 'a key' : `a TPM, endorsement key ${endorsementKey}`],
    ['says', `host ${label.hostname}, serial number ${label.serial ?? '-'}`],
    ['notes', notes.length === 0 ? undefined : notes.join('; ')],
  ])
}

const WHY: Readonly<Record<PendingReason, string>> = {
  token: 'required by its token',
  setting: 'required by enrolment.pending',
  unlisted: 'not preregistered',
  'no-serial': 'no TPM and no serial number',
  'used-before': 'serial number or TPM used the token before',
  'refused-before': 'its key or TPM was REFUSED before',
}

const COLUMNS: readonly Column<PendingDevice>[] = [
  { heading: 'ID', cell: ({ id }) => id },
  { heading: 'STATUS', cell: ({ status }) => status },
  { heading: 'TIER', cell: ({ tier }) => tier },
  { heading: 'HOST', cell: ({ label }) => label.hostname },
  { heading: 'SERIAL', cell: ({ label }) => label.serial ?? '-', value: ({ label }) => label.serial },
  { heading: 'OWNER', cell: ({ owner }) => owner },
  { heading: 'ASKED', cell: ({ createdAt }) => timeOf(createdAt), value: ({ createdAt }) => isoTime(createdAt) },
  { heading: 'WHY', cell: ({ why }) => WHY[why], value: ({ why }) => why },
  { heading: 'NOTES', cell: ({ notes }) => notes.join('; ') || '-', value: ({ notes }) => notes.join('; ') },
  { heading: 'TOKEN', wide: true, cell: ({ token }) => token },
  { heading: 'TPM', wide: true, cell: ({ endorsementKey }) => endorsementKey ?? '-' },
  { heading: 'DECIDED BY', wide: true, cell: ({ decidedBy }) => decidedBy ?? '-' },
  { heading: 'REASON', wide: true, cell: ({ reason }) => reason ?? '-' },
]
