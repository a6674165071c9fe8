import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { parseSmbConf } from '../../parsers/network/smb-conf.ts'
import { readOptional } from '../../read-optional.ts'
import { hasSystemProgram } from '../programs/system-program.ts'

const SMB_CONF = '/etc/samba/smb.conf'
const SMB_BYTES = 1024 * 1024
/** The names of smb.conf(5) for protocols before SMB 2. */
const OLD = new Set(['core', 'coreplus', 'lanman1', 'lanman2', 'nt1'])

/** `network.smb1`: Samba does not accept SMB 1. Since version 4.11 it does so only if it is told to. */
export async function checkSmb1({ files }: PostureComponents): Promise<CheckOutcome> {
  if (!(await hasSystemProgram(files, 'smbd'))) return pass('The Samba server is not installed.')
  const settings = parseSmbConf((await readOptional(files, SMB_CONF, SMB_BYTES)) ?? '')
  if (settings === undefined) return unknown(`${SMB_CONF} has a line that was not understood`)
  if (settings.has('include') || (settings.get('configbackend') ?? 'file') !== 'file') {
    return unknown(`${SMB_CONF} takes settings from elsewhere, which this check does not read`)
  }
  const lowest = settings.get('serverminprotocol') ?? settings.get('minprotocol')
  if (lowest === undefined) return pass('Samba has its own lowest protocol, which is SMB 2 since version 4.11.')
  return OLD.has(lowest.toLowerCase())
    ? fail(`Samba accepts SMB 1 and older (server min protocol = ${lowest}).`)
    : pass(`Samba does not accept SMB 1 (server min protocol = ${lowest}).`)
}
