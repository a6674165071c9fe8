import { type Command, InvalidArgumentError } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { parseDuration } from '../../base/text/duration.ts'
import { ISSUABLE_ORDER_KINDS } from '../../protocol/messages/order.ts'
import type { Column } from '../../protocol/noun/noun.ts'
import {
  type DeviceOrder,
  deviceOrderReader,
  type OrderRequest,
  orderPageReader,
} from '../../protocol/nouns/devices/orders.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, timeOf } from '../command/format.ts'
import { type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readLimit } from '../command/read-numbers.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { shownColumn } from '../nouns/list-command.ts'

/** `devices order` and `devices orders`. */

const DEFAULT_WAIT = '5m'
const LOOK_EVERY_MS = 1_000

interface OrderOptions extends CommonOptions {
  readonly reason: string
  /** True without a time. */
  readonly wait?: string | true
}

export function addOrderCommands(devices: Command, components: CommandComponents): void {
  withApiOptions(devices.command('order').description('tell a device to do something now'))
    .argument('<device>', DEVICE_WORDS)
    .argument('<kind>', ISSUABLE_ORDER_KINDS.join(' or '), oneOf('order', ISSUABLE_ORDER_KINDS))
    .requiredOption('--reason <text>', 'why, for the record and for the owner of the device')
    .option('--wait [time]', `wait for the device's answer, at most so long (default: ${DEFAULT_WAIT})`, readWait)
    .addHelpText(
      'after',
      examples(
        'surety-directory devices order laptop-7 attest --reason "audit"',
        'surety-directory devices order laptop-7 collect --reason "was it fixed?" --wait=2m',
      ),
    )
    .action(async (wanted: string, kind: OrderRequest['kind'], options: OrderOptions) => {
      const api = await openApi(components, options)
      const body: OrderRequest = { kind, reason: options.reason }
      const device = await deviceIdOf(api, wanted)
      const issued = await api.ask('POST', `/devices/${device}/orders`, deviceOrderReader, body)
      const order = options.wait === undefined ? issued : await answered(components, { api, device, issued, options })
      answer(components, options, { schema: 'surety-directory/order@1', order }, () => [orderLine(order)])
    })

  const orders = devices.command('orders').description('what became of the orders to a device, newest first')
  withFormat(withApiOptions(orders))
    .argument('<device>', DEVICE_WORDS)
    .option('--limit <count>', 'at most COUNT orders (default: all)', readLimit)
    .addHelpText(
      'after',
      examples('surety-directory devices orders laptop-7', 'surety-directory devices orders laptop-7 -o csv'),
    )
    .action(async (wanted: string, { limit, ...options }: FormatOptions & { readonly limit?: number }) => {
      const api = await openApi(components, options)
      const items = await allPages(api, `/devices/${await deviceIdOf(api, wanted)}/orders`, orderPageReader, limit)
      await printList<DeviceOrder>(components, options, {
        items,
        columns: COLUMNS.map((column) => shownColumn(column, components.now())),
        idOf: ({ id }) => id,
        document: { schema: 'surety-directory/orders@1', orders: items },
        footer: items.length === 0 ? 'no orders' : countOf(items.length, 'order'),
      })
    })
}

const COLUMNS: readonly Column<DeviceOrder>[] = [
  { heading: 'NUMBER', of: ({ number }) => `${number}` },
  { heading: 'KIND', of: ({ kind }) => kind },
  { heading: 'STATUS', of: ({ status }) => status },
  { heading: 'CODE', of: ({ code }) => code },
  { heading: 'CREATED', of: ({ createdAt }) => createdAt, as: 'time' },
  { heading: 'ANSWERED', of: ({ answeredAt }) => answeredAt, as: 'time' },
  { heading: 'BY', of: ({ createdBy }) => createdBy },
  { heading: 'ID', of: ({ id }) => id },
  { heading: 'REASON', of: ({ reason }) => reason },
]

interface Waiting {
  readonly api: ApiClient
  readonly device: string
  readonly issued: DeviceOrder
  readonly options: OrderOptions
}

/** @throws `ORDER_REFUSED`, `ORDER_EXPIRED`; `SESSION_TIMEOUT` when it was not answered in time, and stays pending. */
async function answered(
  { now, pause, untilInterrupted }: CommandComponents,
  { api, device, issued, options }: Waiting,
): Promise<DeviceOrder> {
  const time = options.wait === true || options.wait === undefined ? DEFAULT_WAIT : options.wait
  const end = now() + (parseDuration(time) ?? 0)
  const signal = untilInterrupted()
  for (;;) {
    const order = await orderNow(api, device, issued)
    const said = orderLine(order)
    if (order.status === 'done') return order
    if (order.status === 'expired') throw new SuretyError('ORDER_EXPIRED', said)
    if (order.status !== 'pending') throw new SuretyError('ORDER_REFUSED', said)
    if (signal.aborted) throw new SuretyError('SESSION_TIMEOUT', `interrupted: ${said}`)
    if (now() >= end) throw new SuretyError('SESSION_TIMEOUT', `no answer within ${time}: ${said}`)
    await pause(LOOK_EVERY_MS, { signal })
  }
}

/** Newest first: the orders after ours come before it. */
async function orderNow(api: ApiClient, device: string, { id, number }: DeviceOrder): Promise<DeviceOrder> {
  const path = `/devices/${device}/orders?limit=1&cursor=${number + 1}`
  const [order] = (await api.ask('GET', path, orderPageReader)).items
  if (order?.id === id) return order
  // A restored directory numbers pending orders again.
  const found = (await api.ask('GET', `/devices/${device}/orders?limit=500`, orderPageReader)).items
  const ours = found.find((one) => one.id === id)
  if (ours === undefined) throw new SuretyError('NOT_FOUND', `there is no order ${id} any more`)
  return ours
}

function orderLine({ id, number, kind, status, notAfter, code }: DeviceOrder): string {
  const end = status === 'pending' ? ` until ${timeOf(notAfter)}` : ''
  return `order ${id} (number ${number}, ${kind}) is ${status}${end}${code === undefined ? '' : ` (${code})`}`
}

function readWait(text: string): string {
  if (parseDuration(text) === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d: 2m')
  return text
}
