import { readFile } from 'node:fs/promises'
import { describeError, SuretyError } from '../../../base/errors.ts'
import { readSecretFile } from '../../../system/files/own/secret-file.ts'
import { post } from '../../webhooks/post.ts'
import { fileOutlet } from './file-outlet.ts'
import { OUTLET_KINDS, type Outlet } from './outlet.ts'
import { syslogOutlet } from './syslog-outlet.ts'

const NAME = /^[a-z][a-z0-9-]{0,63}$/
const LARGEST_PORT = 65_535

/**
 * Reads the setting `record.forward`: `NAME KIND TARGET [ca=FILE] [token=FILE]` each.
 *
 * @param host the name of this machine, for syslog. @throws `CONFIG_INVALID`.
 */
export function readOutlets(texts: readonly string[], host: string): readonly Outlet[] {
  const outlets = texts.map((text) => readOutlet(text, host))
  const twice = outlets.find(({ name }, at) => outlets.findIndex((other) => other.name === name) !== at)
  if (twice === undefined) return outlets
  throw new SuretyError('CONFIG_INVALID', `record.forward: two outlets are called ${twice.name}`)
}

function readOutlet(text: string, host: string): Outlet {
  const refuse = (why: string) => new SuretyError('CONFIG_INVALID', `record.forward: ${why} in ${JSON.stringify(text)}`)
  const [name = '', kind = '', target = '', ...rest] = text.split(' ')
  if (!NAME.test(name))
    throw refuse('a name has small letters, digits and hyphens, and begins with a letter: it has none')
  const { ca, token, ...others } = Object.fromEntries(rest.map((one) => splitAt(one, '=')))
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw refuse(`only ca=FILE and token=FILE may follow, not ${JSON.stringify(unknown)}`)
  if ([ca, token].some((path) => path !== undefined && !path.startsWith('/'))) throw refuse('a path is not absolute')
  if (kind !== 'hec' && token !== undefined) throw refuse(`${kind} takes no token`)
  switch (kind) {
    case 'file':
      if (!target.startsWith('/')) throw refuse('the path of the file is not absolute')
      if (ca !== undefined) throw refuse('file takes no ca')
      return fileOutlet({ name, path: target })
    case 'hec':
      if (!/^https:\/\/[^\s?#@]+$/.test(target)) throw refuse('hec needs an address that begins with https://')
      if (token === undefined) throw refuse('hec needs token=FILE')
      return hecOutlet({ name, url: target.replace(/\/+$/, ''), ca, token })
    case 'syslog': {
      const [, server = '', port = ''] = /^([^\s:/]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(target) ?? []
      if (server === '' || Number(port) < 1 || Number(port) > LARGEST_PORT) throw refuse('syslog needs HOST:PORT')
      return syslogOutlet({ name, server: server.replace(/^\[|\]$/g, ''), port: Number(port), ca, host })
    }
    default:
      throw refuse(`the kind is one of ${OUTLET_KINDS.join(', ')}`)
  }
}

function splitAt(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const HEC_WITHIN_MS = 30_000

interface HecInit {
  readonly name: string
  /** Without `/services/collector/event`. */
  readonly url: string
  /** Path of certificates in PEM. Absent: those that Node trusts. */
  readonly ca: string | undefined
  /** Path of the file with the token. It is read for each batch, so that it may change. */
  readonly token: string
}

/** The HTTP Event Collector of Splunk, which others understand too. */
function hecOutlet({ name, url, ca, token }: HecInit): Outlet {
  return {
    name,
    kind: 'hec',
    target: url,
    async send(entries, signal) {
      const body = entries
        .map(({ time, json }) => `{"time":${time / 1000},"source":"surety","sourcetype":"surety:ocsf","event":${json}}`)
        .join('')
      try {
        const authorization = `Splunk ${await readSecretFile('the token of record.forward', token)}`
        const posted = {
          url: `${url}/services/collector/event`,
          ca: ca === undefined ? undefined : await readFile(ca, 'utf8'),
          headers: { authorization },
          body,
        }
        return await post(posted, { privateAddresses: true, timeoutMs: HEC_WITHIN_MS }, signal)
      } catch (error) {
        return { delivered: false, problem: describeError(error).slice(0, 500) }
      }
    },
  }
}
