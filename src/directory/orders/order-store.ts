import type { Order } from '../../protocol/messages/order.ts'
import type { DeviceOrder } from '../../protocol/nouns/devices/orders.ts'
import type { NumberedPage } from '../http/paging.ts'

/** An order and its signed form, which never changes. */
export interface IssuedOrder {
  readonly order: Order
  readonly compact: string
}

export interface PendingOrder {
  readonly number: number
  readonly compact: string
}

/** An active device, and what its next order needs. */
export interface Recipient {
  readonly device: string
  readonly epoch: number
  readonly lastOrder: number
  /** Orders without a receipt that have not expired. */
  readonly pending: number
}

export interface OrderStore {
  /** The order's number becomes the device's newest. */
  put(
    issued: IssuedOrder,
    made: {
      readonly at: number
      readonly by: string
      /** Id of the stop that it is about, or of the drill. */
      readonly stop?: string | undefined
    },
  ): Promise<void>
  /** The epoch's orders without a receipt that have not expired, lowest number first. */
  pending(device: string, options: { epoch: number; now: number }): Promise<readonly PendingOrder[]>
  /** Undefined for a device that is unknown or retired. */
  recipient(device: string, now: number): Promise<Recipient | undefined>
  raiseNumber(device: string, number: number): Promise<void>
  /** Stores the order under another number, which becomes the device's newest. */
  renumber(issued: IssuedOrder): Promise<void>
}

export interface OrderQueries {
  /** Newest first. */
  list(device: string, page: NumberedPage, now: number): Promise<readonly DeviceOrder[]>
  view(id: string, now: number): Promise<DeviceOrder | undefined>
}
