import { isIP } from 'node:net'
import { SuretyError } from '../../base/errors.ts'

export interface DirectoryAddress {
  readonly host: string
  readonly port: number
  /** For SNI; undefined for an IP address, which has none. */
  readonly servername: string | undefined
}

/**
 * @param url `wss://host:port`, as the schema of pins has it.
 * @throws `DIRECTORY_UNREACHABLE` when it is no address all the same.
 */
export function addressOf(url: string): DirectoryAddress {
  if (!URL.canParse(url)) throw new SuretyError('DIRECTORY_UNREACHABLE', 'the address of the directory is none')
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return { host, port: port === '' ? 443 : Number(port), servername: isIP(host) === 0 ? host : undefined }
}
