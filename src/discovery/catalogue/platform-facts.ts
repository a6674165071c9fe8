import { closed, Type } from '../../base/schema.ts'
import {
  file,
  fileKind,
  mcp,
  memberPath,
  named,
  path,
  scope,
  service,
  source,
  windowsFile,
  windowsPath,
} from './facts.ts'

/** What is known of an agent on one system only, beside what holds everywhere. */

/**
 * A folder without a star. In `movedFolders`, facts about `from` hold for `to` on this system. If one folder has several, all of them
 * are read.
 */
const movable = Type.String({ pattern: '^(~/|/)[^\\u0000\\\\*]{1,510}$' })

/** What holds on macOS only. Known from documents and code, not observed. */
export const darwinFacts = closed({
  /** CFBundleIdentifier. */
  bundles: Type.Optional(
    Type.Array(
      closed({
        id: Type.String({ pattern: '^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$', maxLength: 155 }),
        source,
      }),
      { maxItems: 4 },
    ),
  ),
  /** Apple's team identifier of its signer. A maker signs all its programs with one. */
  teams: Type.Optional(Type.Array(closed({ id: Type.String({ pattern: '^[A-Z0-9]{10}$' }), source }), { maxItems: 4 })),
  executables: Type.Optional(Type.Array(path, { maxItems: 8 })),
  stateFolders: Type.Optional(Type.Array(path, { maxItems: 8 })),
  mcp: Type.Optional(Type.Array(mcp, { maxItems: 8 })),
  files: Type.Optional(Type.Array(file, { maxItems: 8 })),
  managedSettings: Type.Optional(Type.Array(path, { maxItems: 4 })),
  /** Domains of managed preferences. */
  preferences: Type.Optional(
    Type.Array(
      closed({ domain: Type.String({ pattern: '^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$', maxLength: 155 }), source }),
      {
        maxItems: 4,
      },
    ),
  ),
  services: Type.Optional(Type.Array(service, { maxItems: 4 })),
  movedFolders: Type.Optional(Type.Array(closed({ from: movable, to: movable, source }), { maxItems: 8 })),
})

/** What holds on Windows only. Known from documents and code, not observed. */
export const windowsFacts = closed({
  executables: Type.Optional(Type.Array(windowsFile, { maxItems: 8 })),
  /** Subject of the certificate that signs it. */
  signers: Type.Optional(Type.Array(named, { maxItems: 4 })),
  /** Identifiers in the Windows Package Manager. */
  winget: Type.Optional(
    Type.Array(
      closed({ id: Type.String({ pattern: '^[A-Za-z0-9-]+(\\.[A-Za-z0-9+-]+)+$', maxLength: 128 }), source }),
      {
        maxItems: 4,
      },
    ),
  ),
  stateFolders: Type.Optional(Type.Array(windowsFile, { maxItems: 8 })),
  mcp: Type.Optional(Type.Array(closed({ path: windowsPath, key: memberPath, scope, source }), { maxItems: 8 })),
  files: Type.Optional(Type.Array(closed({ path: windowsPath, kind: fileKind, scope, source }), { maxItems: 8 })),
  managedSettings: Type.Optional(Type.Array(windowsFile, { maxItems: 4 })),
  /** Keys of managed policies. */
  registry: Type.Optional(
    Type.Array(closed({ key: Type.String({ pattern: '^HK(LM|CU)(\\\\[^\\\\\\u0000]{1,64}){1,8}$' }), source }), {
      maxItems: 4,
    }),
  ),
  services: Type.Optional(Type.Array(service, { maxItems: 4 })),
  movedFolders: Type.Optional(Type.Array(closed({ from: movable, to: windowsPath, source }), { maxItems: 8 })),
})
