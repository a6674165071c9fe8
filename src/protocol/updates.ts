import { closed, reader, type Static, Type, words } from '../base/schema.ts'

/**
 * What an update repository offers. Both documents are targets of The Update Framework (TUF): they are believed only after its
 * signatures were checked. The files of a version are named by their hash in its release.
 */

/** Three numbers, so that versions have one order and one spelling. */
export const PROGRAM_VERSION = '^(0|[1-9][0-9]{0,4})\\.(0|[1-9][0-9]{0,4})\\.(0|[1-9][0-9]{0,4})$'
export const programVersionSchema = Type.String({ pattern: PROGRAM_VERSION, maxLength: 17 })
/** A version, or its first numbers: `1.2` is each 1.2.x. */
export const versionBeginningSchema = Type.String({
  pattern: '^(0|[1-9][0-9]{0,4})(\\.(0|[1-9][0-9]{0,4})){0,2}$',
  maxLength: 17,
})
export const CHANNEL_NAME = '^[a-z][a-z0-9-]{0,31}$'
export const channelNameSchema = Type.String({ pattern: CHANNEL_NAME, maxLength: 32 })
export const UPDATE_PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'windows-x64'] as const
export type UpdatePlatform = (typeof UPDATE_PLATFORMS)[number]

/** @returns undefined where there are no updates for such a machine. */
export function updatePlatform(system: string, processor: string): UpdatePlatform | undefined {
  return UPDATE_PLATFORMS.find((one) => one === `${system}-${processor}`)
}

/** Of the files of a release: the runtime and the daemon. Windows runs no program without the ending. */
export const runtimeOf = (platform: UpdatePlatform) => (platform.startsWith('windows-') ? 'node.exe' : 'bin/node')
export const RELEASE_DAEMON = 'suretyd/suretyd.mjs'

const SHA256_HEX = '^[0-9a-f]{64}$'
export const sha256HexSchema = Type.String({ pattern: SHA256_HEX })

export const UPDATE_LIMITS = {
  channelBytes: 16 * 1024,
  releaseBytes: 1024 * 1024,
  files: 4096,
  fileBytes: 512 * 1024 * 1024,
  allBytes: 1024 * 1024 * 1024,
} as const

/**
 * A path below the folder of a version. Names begin with a letter, a digit or an underscore, so that none is `..` or hidden, and
 * do not end with a dot, which Windows would drop.
 */
const FILE_NAME = '[A-Za-z0-9_@]([A-Za-z0-9._@+-]{0,126}[A-Za-z0-9_@+-])?'
const releaseFileSchema = closed({
  path: Type.String({ pattern: `^${FILE_NAME}(/${FILE_NAME}){0,15}$`, maxLength: 512 }),
  sha256: sha256HexSchema,
  bytes: Type.Integer({ minimum: 0, maximum: UPDATE_LIMITS.fileBytes }),
  /** Absent for all others. */
  executable: Type.Optional(Type.Literal(true)),
})
export type ReleaseFile = Static<typeof releaseFileSchema>

/** `releases/VERSION/PLATFORM.json`: the files of one version for one platform. */
const releaseSchema = closed({
  schema: Type.Literal('surety/release@1'),
  version: programVersionSchema,
  platform: words(...UPDATE_PLATFORMS),
  files: Type.Array(releaseFileSchema, { minItems: 1, maxItems: UPDATE_LIMITS.files }),
})
export type Release = Static<typeof releaseSchema>
export const releaseReader = reader(releaseSchema, {
  name: 'release',
  limits: { maxBytes: UPDATE_LIMITS.releaseBytes, maxDepth: 6 },
})

/**
 * `channels/NAME.json`. A device takes the first release whose `percent` its position in the rollout is below. So the last one
 * has 100, and those before it are rolled out in stages.
 */
const channelSchema = closed({
  schema: Type.Literal('surety/channel@1'),
  channel: channelNameSchema,
  releases: Type.Array(closed({ version: programVersionSchema, percent: Type.Integer({ minimum: 1, maximum: 100 }) }), {
    minItems: 1,
    maxItems: 8,
  }),
})
export type Channel = Static<typeof channelSchema>
export const channelReader = reader(channelSchema, {
  name: 'channel',
  limits: { maxBytes: UPDATE_LIMITS.channelBytes, maxDepth: 6 },
})

/** The state of the updates of a device. */
export const UPDATE_STATES = ['mdm', 'unchecked', 'current', 'waiting', 'trial', 'rolled-back', 'failed'] as const

/** What a device says of its own program, in its inventory and its status. */
export const daemonProgramSchema = closed({
  version: programVersionSchema,
  updates: words(...UPDATE_STATES),
  /** Of `directory` updates. */
  channel: Type.Optional(channelNameSchema),
  pin: Type.Optional(programVersionSchema),
  /** The version of the installed package, where another one runs. */
  installed: Type.Optional(programVersionSchema),
  /** The version that could not be taken, or that was rolled back. */
  refused: Type.Optional(programVersionSchema),
})
export type DaemonProgram = Static<typeof daemonProgramSchema>

/** In parts of a hundred, from 0. See `rolloutPosition`. */
export function releaseFor({ releases }: Channel, position: number): string | undefined {
  return releases.find(({ percent }) => position < percent)?.version
}

export const targetOfChannel = (channel: string) => `channels/${channel}.json`
export const targetOfRelease = (version: string, platform: UpdatePlatform) => `releases/${version}/${platform}.json`

/** @returns a negative number when `a` is older than `b`. Both are `PROGRAM_VERSION`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let at = 0; at < 3; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
