import type { FastifyReply, FastifyRequest } from 'fastify'
import { SuretyError } from '../../base/errors.ts'

/** Files that a listener answers with. They are in memory: a path of a request is never one of the disk. */

export interface ConsoleFiles {
  /** @param path of the URL, such as `/index.html`, not decoded. */
  find(path: string): ConsoleFile | undefined
}

export interface ConsoleFile {
  readonly body: Uint8Array
  /** With `content-type`. A file with an `etag` is not sent again to a browser that has it. */
  readonly headers: Readonly<Record<string, string>>
  /** The same body for browsers that take it so. */
  readonly encoded?: Readonly<Partial<Record<Encoding, Uint8Array>>>
}

const ENCODINGS = ['br', 'gzip'] as const
type Encoding = (typeof ENCODINGS)[number]

/** The page that shows the paths which it makes up, such as `/devices/dev_…`. */
const PAGE = '/index.html'

/** Names of files have a dot. Those of what was found on devices, later in a path of a page, may have one too. */
const OF_A_FILE = /^\/(assets\/|[^/]*(\.|%2e))/i

/** @throws `NOT_FOUND`. */
export async function answerFile(
  files: ConsoleFiles,
  { url, headers: asked }: Pick<FastifyRequest, 'url' | 'headers'>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [path = '/'] = url.split('?', 1)
  const found = files.find(path) ?? (OF_A_FILE.test(path) ? undefined : files.find(PAGE))
  if (found === undefined) throw new SuretyError('NOT_FOUND', 'there is no such page')
  const { body, headers, encoded = {} } = found
  reply.headers(headers).header('vary', 'accept-encoding')
  const { etag } = headers
  if (etag !== undefined && listed(asked['if-none-match']).includes(etag)) return reply.status(304).send()
  const encoding = ENCODINGS.find(
    (one) => encoded[one] !== undefined && listed(asked['accept-encoding']).some((each) => each === one),
  )
  if (encoding !== undefined) reply.header('content-encoding', encoding)
  // A copy would be made of any other view of the bytes.
  const { buffer, byteOffset, byteLength } = (encoding === undefined ? undefined : encoded[encoding]) ?? body
  return reply.status(200).send(Buffer.from(buffer, byteOffset, byteLength))
}

/** The members of a header, without their parameters and without those that `q=0` refuses. */
function listed(header = ''): readonly string[] {
  return header
    .split(',')
    .filter((one) => !/;\s*q=0(\.0*)?\s*$/i.test(one))
    .map((one) => one.split(';', 1)[0]?.trim() ?? '')
}
