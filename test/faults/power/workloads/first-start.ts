/** The first start of a directory: its keys, its database, its first administrator, and tokens given out. */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { startDirectory } from '../../../../src/directory/directory.ts'
import {
  administratorFile,
  keepAdministratorFile,
  readAdministratorFile,
} from '../../../../src/directory/principals/administrator-file.ts'
import { DIRECTORY_NAMES, dataFolderOf } from '../checks/first-start.ts'
import { say } from '../said.ts'

const [folder = ''] = process.argv.slice(2)
const dataFolder = dataFolderOf(folder)

await using directory = await startDirectory(
  { clock: systemClock, log: silentLog },
  {
    dataFolder,
    names: DIRECTORY_NAMES,
    devices: { host: '127.0.0.1', port: 0, channelBinding: 'required', url: 'wss://directory.example:7443' },
    attestEveryMs: 3_600_000,
  },
  { signal: new AbortController().signal },
)
say('did', 'pins', { text: JSON.stringify(directory.pins) })
const random = (size: number) => new Uint8Array(randomBytes(size))
await keepAdministratorFile(
  { clock: systemClock, log: silentLog, random, store: directory.store },
  { dataFolder, url: 'https://127.0.0.1:7444', ca: directory.caCertificate },
)
const administrator = await readAdministratorFile(administratorFile(dataFolder))
say('did', 'administrator', { text: administrator?.token ?? '' })
for (let number = 1; number <= 3; number++) {
  const token = { owner: 'ada', ttlMs: 3_600_000, minimumTier: 'software' } as const
  const { id, enrolment } = await directory.services.tokens.create(token, 'adm_one')
  say('did', 'token', { text: enrolment })
  if (number === 2) {
    say('will', 'revoke', { text: id })
    await directory.services.tokens.revoke(id, 'adm_one')
    say('did', 'revoke', { text: id })
  }
}
