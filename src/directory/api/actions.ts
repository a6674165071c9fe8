import { type Catalogues, catalogueView } from '../catalogues/catalogues.ts'
import type { Devices } from '../devices/devices.ts'
import type { Tokens } from '../enrolment/tokens.ts'
import type { Orders } from '../orders/orders.ts'
import type { ReEnrolments } from '../re-enrolments/re-enrolments.ts'
import type { ApiActions } from './api-components.ts'

/** The rooms that do what an administrator asks for. */
export interface ActingRooms {
  readonly tokens: Pick<Tokens, 'create' | 'revoke'>
  readonly orders: Pick<Orders, 'issue'>
  readonly reEnrolments: Pick<ReEnrolments, 'decide'>
  readonly catalogues: Pick<Catalogues, 'set' | 'current'>
  readonly devices: Pick<Devices, 'retire'>
}

/** Hands what an administrator asks for to the room that does it. */
export function apiActions({ tokens, orders, reEnrolments, catalogues, devices }: ActingRooms): ApiActions {
  return {
    createToken: async (request, by) => tokens.create(request, by),
    revokeToken: async (id, by) => tokens.revoke(id, by),
    issueOrder: async (request, by) => orders.issue(request, by).id,
    decide: async (id, outcome, by) => reEnrolments.decide(id, outcome, by),
    setCatalogue: async (text, by) => catalogueView(catalogues.set(text, by)),
    catalogue: async () => {
      const set = catalogues.current()
      return set === undefined ? undefined : catalogueView(set)
    },
    retireDevice: async ({ device, reason }, by) => devices.retire(device, reason, by),
  }
}
