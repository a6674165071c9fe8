import { type Command, InvalidArgumentError } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { ISSUABLE_ORDER_KINDS } from '../../protocol/messages/order.ts'
import {
  type DeviceOrder,
  deviceOrderReader,
  type OrderRequest,
  orderPageReader,
} from '../../protocol/nouns/devices/orders.ts'
import { table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { parseDuration, timeOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'

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

  withApiOptions(devices.command('orders').description('what became of the orders to a device, newest first'))
    .argument('<device>', DEVICE_WORDS)
    .addHelpText(
      'after',
      examples('surety-directory devices orders laptop-7', 'surety-directory devices orders laptop-7 --json'),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const device = await deviceIdOf(await openApi(components, options), wanted)
      await answerList(components, options, {
        path: `/devices/${device}/orders`,
        member: 'orders',
        none: 'no orders',
        reader: orderPageReader,
        lines: (orders) =>
          table(
            orders.map((one) => ({ cells: cellsOf(one) })),
            components.terminal,
            { heading: ['NUMBER', 'KIND', 'STATUS', 'CODE', 'CREATED', 'ANSWERED', 'BY', 'ID', 'REASON'] },
          ),
      })
    })
}

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

function cellsOf({ id, number, kind, status, code, reason, createdAt, createdBy, answeredAt }: DeviceOrder): string[] {
  return [`${number}`, kind, status, code ?? '-', timeOf(createdAt), timeOf(answeredAt), createdBy, id, reason]
}

function readWait(text: string): string {
  if (parseDuration(text) === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d: 2m')
  return text
}
