import { closed, counter, reader, type Static, Type, text } from '../../base/schema.ts'
import { BACKUP_ID, timeSchema } from '../../protocol/ids.ts'

/** `manifest.json` of a backup: what was copied, when, and how far the directory had come. */

export const MANIFEST_FILE = 'manifest.json'
export const DATABASE_FILE = 'directory.sqlite'

/** No name that begins with a dot: neither a folder above, nor a file that was not finished. */
const NAME = '[^./\\u0000-\\u001f][^/\\u0000-\\u001f]{0,254}'
/** A file of the data folder, or one below its folder of keys or of trust anchors. */
const pathSchema = Type.String({
  pattern: `^(directory\\.sqlite|administrator\\.json|keys/${NAME}|trust-anchors/(${NAME}/)?${NAME})$`,
})

const fileSchema = closed({
  path: pathSchema,
  /** Of the stored file, which is longer than the file itself if it is encrypted. */
  bytes: counter(),
  /** Of the stored file, base64url. */
  sha256: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
})
export type BackupFile = Static<typeof fileSchema>

const encryptionSchema = closed({
  scheme: Type.Literal('scrypt-aes-256-gcm'),
  /** 16 bytes, base64url. */
  salt: Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' }),
  /** The cost of one guess of the passphrase. */
  cost: Type.Integer({ minimum: 16_384, maximum: 1_048_576 }),
})
export type Encryption = Static<typeof encryptionSchema>

/** How far the directory had come. */
export const progressSchema = closed({
  /** Transactions of the database. */
  commits: counter(),
  /** Id of the newest event. */
  lastEvent: counter(),
  /** Devices that are not retired. */
  devices: counter(),
  orders: counter(),
  /** The highest number of an order to any device. */
  highestOrder: counter(),
  standingStops: counter(),
})
export type DirectoryProgress = Static<typeof progressSchema>

export const manifestSchema = closed({
  format: Type.Literal('surety-directory-backup@1'),
  id: Type.String({ pattern: BACKUP_ID }),
  time: timeSchema,
  /** Of the program that made it. */
  version: text(64),
  ...progressSchema.properties,
  encryption: Type.Optional(encryptionSchema),
  files: Type.Array(fileSchema, { minItems: 1, maxItems: 10_000 }),
})
export type Manifest = Static<typeof manifestSchema>

const LIMITS = { maxBytes: 4 * 1024 * 1024, maxDepth: 4 }

export const manifestReader = reader(manifestSchema, {
  name: 'manifest of the backup',
  forPeople: true,
  limits: LIMITS,
})
