import { closed, type Static, Type, words } from '../../base/schema.ts'
import { id, name, path, windowsPath } from './facts.ts'

/** Browsers, whether they are agents or not: where each keeps the profiles that extensions lie in. */

const source = Type.Optional(id)
/** Below a home; `*` stands for every folder there. Of the Firefox family it is the folder with `profiles.ini`. */
const profiles = closed({ path: Type.String({ pattern: '^~/[^\\u0000\\\\]{1,510}$' }), source })
/** Manifests of programs that extensions may speak to, besides those in the folder of the profiles itself. */
const messagingHosts = closed({ path: Type.String({ pattern: '^(~/|/)[^\\u0000\\\\*]{1,510}$' }), source })

const unixPlaces = closed({
  profiles: Type.Array(profiles, { minItems: 1, maxItems: 8 }),
  messagingHosts: Type.Optional(Type.Array(messagingHosts, { maxItems: 8 })),
  /** Resolved executables: which browser it is that a process runs. */
  executables: Type.Optional(Type.Array(path, { maxItems: 8 })),
})
/** There the registry tells of the programs. */
const windowsPlaces = closed({
  profiles: Type.Array(closed({ path: windowsPath, source }), { minItems: 1, maxItems: 8 }),
  executables: Type.Optional(Type.Array(closed({ path: windowsPath, source }), { maxItems: 8 })),
})

export const browserSchema = closed({
  id,
  name,
  family: words('chromium', 'firefox'),
  sources: Type.Array(id, { minItems: 1, maxItems: 8 }),
  linux: Type.Optional(unixPlaces),
  darwin: Type.Optional(unixPlaces),
  windows: Type.Optional(windowsPlaces),
})
export type Browser = Static<typeof browserSchema>
