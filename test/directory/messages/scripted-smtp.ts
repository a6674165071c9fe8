import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A mail server on this machine that answers as a test says, and keeps what it took. The real one is in `mail.process.test.ts`. */

export interface Taken {
  readonly to: readonly string[]
  readonly data: string
}

/** @returns the reply; undefined: as usual; `hang`: none. */
type Answer = (command: string) => string | undefined

const USUAL: Readonly<Record<string, string>> = {
  EHLO: '250 mail.example.org',
  MAIL: '250 fine',
  RCPT: '250 fine',
  DATA: '354 go ahead',
  '.': '250 taken',
  QUIT: '221 bye',
}

export async function startScriptedSmtp() {
  const taken: Taken[] = []
  const commands: string[] = []
  const sockets = new Set<Socket>()
  let answer: Answer = () => undefined
  const speak = async (socket: Socket) => {
    const reply = (command: string) => {
      const said = answer(command) ?? USUAL[command.split(' ')[0] ?? ''] ?? '500 what?'
      if (said !== 'hang') socket.write(`${said}\r\n`)
      return said
    }
    let rest = ''
    let data: string | undefined
    let to: string[] = []
    if (answer('connect') !== 'hang') socket.write('220 mail.example.org\r\n')
    for await (const chunk of socket.setEncoding('utf8')) {
      rest += chunk
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (data !== undefined && line !== '.') {
          data += `${line}\n`
          continue
        }
        commands.push(line)
        const said = reply(line)
        if (line.startsWith('RCPT') && said.startsWith('250')) to.push(line.slice('RCPT TO:'.length))
        if (line === 'DATA' && said.startsWith('354')) data = ''
        if (line === '.' && data !== undefined) {
          if (said.startsWith('250')) taken.push({ to, data })
          data = undefined
          to = []
        }
        if (line === 'QUIT') socket.end()
      }
    }
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A client that gives up closes in the middle of a sentence.
    speak(socket).catch(() => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    port,
    taken,
    commands,
    answerWith(next: Answer) {
      answer = next
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
export type ScriptedSmtp = Awaited<ReturnType<typeof startScriptedSmtp>>
