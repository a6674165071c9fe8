import { isIP } from 'node:net'
import { SuretyError } from '../../base/errors.ts'

export interface DirectoryAddress {
  readonly host: string
  readonly port: number
  /** For SNI. Undefined for an IP address, which has none. */
  readonly servername: string | undefined
}

/**
 * @param url `wss://host:port`, as in the schema of pins. Its pattern lets some malformed addresses through.
 * @throws `DIRECTORY_UNREACHABLE` for a malformed address.
 */
export function parseDirectoryAddress(url: string): DirectoryAddress {
  if (!URL.canParse(url)) throw new SuretyError('DIRECTORY_UNREACHABLE', 'the address of the directory is malformed')
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return { host, port: port === '' ? 443 : Number(port), servername: isIP(host) === 0 ? host : undefined }
}
