import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type RunningProgram, startProgram } from '../../../src/system/program/command.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { freePort } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A company that sends the record to its log server: Debian's rsyslog, over TLS. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = (name: string) => join(folder.path, name)
const data = at('data')
let port = 0

beforeAll(async () => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at('key.pem')]
  const names = ['-subj', '/CN=siem', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  await promisify(execFile)('/usr/bin/openssl', ['req', '-x509', ...key, ...names, '-out', at('cert.pem')])
  port = await freePort()
  writeFileSync(
    at('rsyslog.conf'),
    `global(workDirectory="${folder.path}" maxMessageSize="128k" defaultNetstreamDriver="ossl"
      defaultNetstreamDriverCAFile="${at('cert.pem')}" defaultNetstreamDriverCertFile="${at('cert.pem')}"
      defaultNetstreamDriverKeyFile="${at('key.pem')}")
    module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
    input(type="imtcp" address="127.0.0.1" port="${port}")
    template(name="line" type="string" string="%pri% %app-name% %msgid% %msg%\\n")
    action(type="omfile" file="${at('received')}" template="line")\n`,
  )
})

function startRsyslog(): Promise<RunningProgram> {
  const args = ['-n', '-f', at('rsyslog.conf'), '-i', at('rsyslog.pid')]
  return startProgram({ path: '/usr/sbin/rsyslogd', args, env: { PATH: process.env.PATH ?? '' }, stderr: 'inherit' })
}

const surety = (...args: readonly string[]) => runDirectory([...args, '--data', data])
const linesIn = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8').trimEnd().split('\n') : [])
const indexesIn = (name: string) =>
  linesIn(name).map((line) => JSON.parse(line.slice(line.indexOf('{'))).metadata.sequence)

const SETTINGS = () => [
  ...['--record-forward', `siem syslog 127.0.0.1:${port} ca=${at('cert.pem')}`],
  ...['--record-forward', `disk file ${at('record.jsonl')}`],
]

test('every entry reaches the log server and the file, over restarts of both', async () => {
  {
    await using _ = await serveDirectory(data, SETTINGS())
    await surety('people', 'add', 'ada')
    await waitFor('the outlet to fail', async () => (await surety('audit', 'forwards')).stdout.includes('ECONNREFUSED'))
    await waitFor('the file', () => indexesIn('record.jsonl').length > 0)
  }
  await using _server = await startRsyslog()
  await using _ = await serveDirectory(data, SETTINGS())
  await surety('people', 'add', 'bob')
  const upToDate =
    /^disk\tfile\t\S+\t(\d+)\t0\t.*\nsiem\tsyslog\t\S+\t\1\t0\t|^siem\tsyslog\t\S+\t(\d+)\t0\t.*\ndisk\tfile\t\S+\t\2\t0\t/m
  await waitFor('both to have all', async () => (await surety('audit', 'forwards')).stdout, {
    until: (listed) => upToDate.test(listed),
  })
  const sent = indexesIn('record.jsonl')
  expect(sent).toEqual(sent.map((_one, index) => index))
  await waitFor('rsyslog to have written all', () => new Set(indexesIn('received')).size === sent.length)
  expect([...new Set(indexesIn('received'))]).toEqual(sent)
  const added = linesIn('received').filter((line) => line.includes(' human-added '))
  expect(added).toHaveLength(2)
  expect(added[0]).toMatch(/^110 surety-directory human-added /)
})
