import type { ConfigOrigin } from '../../config/layers.ts'
import type { InstallationPlaces, Platform } from '../../system/platform.ts'
import { ownActivity } from '../../system/program/own-activity.ts'
import type { ServiceEvents } from '../../system/program/service-input.ts'
import { hashOf } from './installation.ts'
import type { Life } from './life.ts'
import type { TamperProbe } from './tamper-watch.ts'

/** What the watch for tamper signs asks of this system and this program. Counts until disposed. */
export function tamperProbe(
  { name, servicesUpMs, waitedForProcessorMs }: Pick<Platform, 'name' | 'servicesUpMs' | 'waitedForProcessorMs'>,
  serviceEvents: ServiceEvents | undefined,
): TamperProbe & Disposable {
  const activity = ownActivity()
  let wakes = 0
  const watching = serviceEvents?.watch(({ kind }) => {
    if (kind === 'resume') wakes++
  })
  return {
    ...activity,
    waitedMs: () => waitedForProcessorMs?.(),
    wakes: () => wakes,
    // Elsewhere the clock that a program has may count sleep.
    knowsSleep: () => name === 'linux' || serviceEvents !== undefined,
    systemUpMs: () => servicesUpMs?.(),
    [Symbol.dispose]() {
      watching?.[Symbol.dispose]()
      activity[Symbol.dispose]()
    },
  }
}

/** Only an installed program is looked at, and its service only where one started it. */
export function placesOf(
  { serviceFiles, name }: Pick<Platform, 'serviceFiles' | 'name'>,
  { programFolder }: { readonly programFolder?: string | undefined },
  serviceEvents: ServiceEvents | undefined,
): InstallationPlaces | undefined {
  if (programFolder === undefined) return undefined
  const isService = name !== 'windows' || serviceEvents !== undefined
  return {
    program: programFolder,
    runtime: process.execPath,
    ...(isService && serviceFiles !== undefined ? serviceFiles : { packaged: [], local: [] }),
  }
}

/** Values stay on the device: what is compared is whether they are the same. */
export function hashedSettings(entries: readonly ConfigOrigin[]): Life['settings'] {
  return Object.fromEntries(
    entries.filter(({ origin }) => origin !== 'default').map(({ key, value }) => [key, hashOf(value)]),
  )
}
