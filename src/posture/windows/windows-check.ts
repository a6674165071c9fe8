import type { Clock } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import type { RegistryKey, WindowsFacts, WmiRow } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents, PostureRow } from '../components.ts'

/** A check of Windows. It may throw: the collector turns that into `unknown`. */
export type WindowsCheck = (
  facts: WindowsFacts,
  context: CheckContext & { readonly clock: Pick<Clock, 'now'>; readonly components: PostureComponents },
) => Promise<CheckOutcome> | CheckOutcome

/** Reads the registry and what else answers at once. */
export function quick(check: WindowsCheck): PostureRow {
  return { reads: 'files', run: withFacts(check) }
}

/** Asks WMI or other parts of Windows that may take seconds. */
export function slow(check: WindowsCheck): PostureRow {
  return { reads: 'commands', run: withFacts(check) }
}

function withFacts(check: WindowsCheck): PostureRow['run'] {
  return async (components, context) => {
    const { windows, clock } = components
    if (windows === undefined) return unknown('this system does not answer as Windows does')
    return await check(windows, { ...context, clock, components })
  }
}

/** Where Windows keeps the settings of a device management, by area. */
export const MANAGED = 'HKLM\\SOFTWARE\\Microsoft\\PolicyManager\\current\\device'

const SERVICES: RegistryKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Services'

export type ServiceStart = 'automatic' | 'manual' | 'disabled' | 'absent'

/** How Windows starts a service. @throws as `Registry.number`. */
export function serviceStart({ registry }: WindowsFacts, name: string): ServiceStart {
  const start = registry.number(`${SERVICES}\\${name}`, 'Start')
  if (start === undefined) return 'absent'
  // 0 and 1 are drivers that are loaded with the kernel.
  if (start <= 2) return 'automatic'
  return start === 3 ? 'manual' : 'disabled'
}

/** Undefined when Windows does not say it. @param name a constant of ours. @throws as `WindowsFacts.query`. */
export async function isServiceRunning(
  facts: WindowsFacts,
  name: string,
  context: CheckContext,
): Promise<boolean | undefined> {
  const query = `SELECT * FROM Win32_Service WHERE Name='${name}'`
  const [row] = (await facts.query('root\\cimv2', query, context)) ?? []
  const state = row?.State
  return typeof state === 'string' ? state === 'Running' : undefined
}

/** The first key that has the value wins: policies before settings. @throws as `Registry.number`. */
export function firstNumber(
  { registry }: WindowsFacts,
  keys: readonly RegistryKey[],
  name: string,
): number | undefined {
  for (const key of keys) {
    const value = registry.number(key, name)
    if (value !== undefined) return value
  }
  return undefined
}

/** As `firstNumber`. */
export function firstText({ registry }: WindowsFacts, keys: readonly RegistryKey[], name: string): string | undefined {
  for (const key of keys) {
    const value = registry.text(key, name)
    if (value !== undefined) return value
  }
  return undefined
}

export function numberOf(row: WmiRow, name: string): number | undefined {
  const value = row[name]
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

/** Undefined when any element is no number: a list of which a part is missed could lack the one that matters. */
export function numbersOf(row: WmiRow, name: string): readonly number[] | undefined {
  const value = row[name]
  return Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : undefined
}

export function booleanOf(row: WmiRow, name: string): boolean | undefined {
  const value = row[name]
  return typeof value === 'boolean' ? value : undefined
}

export function wordsOf(row: WmiRow, name: string): string | undefined {
  const value = row[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Undefined in place of an error with a code. */
export async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}
