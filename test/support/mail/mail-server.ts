import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startProgram } from '../../../src/system/program/command.ts'
import { freePort } from '../processes/free-port.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { waitFor } from '../wait-for.ts'

/** Exim, the mail server of Debian, with a folder of its own. What it takes is read by the mail library of Python. */

const EXIM = '/usr/sbin/exim4'
const OPENSSL = '/usr/bin/openssl'
const PYTHON = '/usr/bin/python3'

const missing = [EXIM, OPENSSL, PYTHON].find((program) => !existsSync(program))

/** The user `mail` of Debian, as whom it delivers. Exim delivers nothing as root. */
const MAIL = { user: 8, group: 8 }

export const MAIL_LOGIN = { user: 'surety', password: 'correct horse' }

/** `test` where a mail server can run, else a test that is skipped, and says why. */
export function withMailServer(what: string): typeof test | typeof test.skip {
  const why = missing ?? (process.geteuid?.() === 0 ? undefined : 'root')
  if (why === undefined) return test
  process.stderr.write(`skipped: ${what}: ${why} is missing (apt-get install exim4-daemon-light openssl python3)\n`)
  return test.skip
}

export interface Mail {
  /** Each header once for each line of it. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** To whom it was given. */
  readonly envelopeTo: string
  readonly text: string
  readonly html: string
}

export interface MailServer extends AsyncDisposable {
  readonly port: number
  /** PEM of its certificate, which is for `localhost`, and the file. */
  readonly ca: string
  readonly caFile: string
  mails(): readonly Mail[]
}

const READ = `
import email, email.policy, json, sys
def part(m, kind):
    found = m.get_body((kind,))
    return found.get_content() if found else ''
mails = []
for path in sys.argv[1:]:
    with open(path, 'rb') as file:
        m = email.message_from_binary_file(file, policy=email.policy.default)
    mails.append({'headers': [[k, str(v)] for k, v in m.items()], 'envelopeTo': str(m['Envelope-To']),
                  'text': part(m, 'plain'), 'html': part(m, 'html')})
print(json.dumps(mails))
`

export interface MailServerInit {
  /** Absent: any free port. */
  readonly port?: number
  /** Absent: it offers none. */
  readonly tls?: true
  /** It takes mail from those who sign in, over TLS only. */
  readonly login?: true
}

export async function startMailServer(init: MailServerInit = {}): Promise<MailServer> {
  const folder = temporaryFolder()
  chmodSync(folder.path, 0o711)
  const of = (name: string) => join(folder.path, name)
  for (const name of ['spool', 'box']) {
    mkdirSync(of(name), { mode: 0o700 })
    chownSync(of(name), MAIL.user, MAIL.group)
  }
  const certificate = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2', '-nodes']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', of('key.pem'), '-out', of('ca.pem')]
  execFileSync(OPENSSL, ['req', '-x509', ...key, ...certificate], { stdio: 'ignore' })
  chownSync(of('key.pem'), MAIL.user, MAIL.group)
  writeFileSync(of('exim.conf'), configuration(folder.path, init))
  const port = init.port ?? (await freePort())
  const program = await startProgram({
    path: EXIM,
    args: ['-C', of('exim.conf'), '-bdf', '-odi', '-oX', `127.0.0.1:${port}`, '-oP', of('pid')],
  })
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('data', () => resolve(true)).once('error', () => resolve(false))
      socket.once('data', () => socket.end('QUIT\r\n'))
    })
  await waitFor('the mail server to answer', answers)
  return {
    port,
    ca: readFileSync(of('ca.pem'), 'utf8'),
    caFile: of('ca.pem'),
    mails() {
      const files = readdirSync(of('box'))
        .filter((file) => !file.startsWith('temp.'))
        .toSorted()
      if (files.length === 0) return []
      const paths = files.map((file) => join(of('box'), file))
      return JSON.parse(execFileSync(PYTHON, ['-c', READ, ...paths], { encoding: 'utf8' })) as readonly Mail[]
    },
    async [Symbol.asyncDispose]() {
      program.kill('SIGTERM')
      await program.exit
      folder[Symbol.dispose]()
    },
  }
}

function configuration(folder: string, { tls, login }: MailServerInit): string {
  const allowed = login === undefined ? 'accept' : 'accept authenticated = *\n  deny message = sign in first'
  return `
keep_environment =
spool_directory = ${folder}/spool
log_file_path = ${folder}/spool/%slog
primary_hostname = mail.example.org
exim_user = ${MAIL.user}
exim_group = ${MAIL.group}
tls_advertise_hosts = ${tls === undefined ? '' : '*'}
tls_certificate = ${folder}/ca.pem
tls_privatekey = ${folder}/key.pem
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = recipients
begin acl
recipients:
  deny local_parts = nobody
    message = there is no such person
  defer local_parts = later
    message = come again
  ${allowed}
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = ${folder}/box
  user = ${MAIL.user}
  group = ${MAIL.group}
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${MAIL_LOGIN.user}}}{eq{$auth3}{${MAIL_LOGIN.password}}}}}
  server_set_id = $auth2
`
}
