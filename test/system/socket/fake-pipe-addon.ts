import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { TokenFacts } from '../../../src/system/files/windows-token.ts'
import type { PipeClient, WindowsPipeAddon } from '../../../src/system/socket/windows-pipe.ts'

/** The addon of Windows as a test wants it. Its connections are Unix sockets; descriptor and handle are the same number. */
export class FakePipeAddon implements WindowsPipeAddon {
  own: TokenFacts = { userId: 'S-1-5-18', isAdministrator: true }
  /** What the next client's process and token say. */
  client: Omit<PipeClient, 'pid' | 'process'> | number = {}
  token: TokenFacts | number = 0
  /** What `pipeListen` and `pipeOpen` answer instead. */
  listenError: number | undefined
  readonly opens: (number | { descriptor: number; owner: string })[] = []
  security = ''
  readonly openProcesses = new Set<number>()
  readonly impersonated: number[] = []
  readonly #path: string
  readonly #sockets = new Map<number, Socket>()
  readonly #facts = new Map<number, Pick<FakePipeAddon, 'client' | 'token'>>()
  #callback: (descriptor: number, detail: number) => void = () => undefined
  #server: Server | undefined
  #count = 0

  constructor(path: string) {
    this.#path = path
  }

  ownToken() {
    return this.own
  }

  pipeListen(_name: string, security: string, callback: (descriptor: number, detail: number) => void) {
    if (this.listenError !== undefined) return this.listenError
    this.security = security
    this.#callback = callback
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const handle = ++this.#count
      this.#sockets.set(handle, socket)
      this.#facts.set(handle, { client: this.client, token: this.token })
      callback(handle, handle)
    }).listen(this.#path)
    return { close: () => void this.#server?.close() }
  }

  /** As when no further instance can be made. */
  fail(error: number) {
    this.#callback(-1, error)
  }

  openSocket(descriptor: number): Socket {
    const socket = this.#sockets.get(descriptor)
    if (socket === undefined) throw new Error('EBADF')
    return socket
  }

  pipeClient(handle: number) {
    const client = this.#facts.get(handle)?.client ?? 6
    if (typeof client === 'number') return client
    this.openProcesses.add(handle)
    return { pid: 1000 + handle, process: handle, ...client }
  }

  pipeClientEnded() {
    return false
  }

  pipeClientClose(process: number) {
    if (!this.openProcesses.delete(process)) throw new Error(`handle ${process} was closed twice`)
  }

  pipePeer(handle: number) {
    this.impersonated.push(handle)
    // Windows refuses before something was read.
    if (this.#sockets.get(handle)?.bytesRead === 0) return 1368
    return this.#facts.get(handle)?.token ?? 6
  }

  pipeOpen() {
    return this.opens.shift() ?? 2
  }

  /** Says `text` and returns what the server answers until it closes the connection, or has answered one line. */
  async say(text: string): Promise<string> {
    const socket = await this.open()
    let said = ''
    const done = new Promise<void>((resolve) => {
      socket.setEncoding('utf8').on('data', (chunk) => {
        said += chunk
        if (said.includes('\n')) resolve()
      })
      socket.once('close', () => resolve())
    })
    socket.write(text)
    await done
    socket.destroy()
    return said
  }

  async open(): Promise<Socket> {
    const socket = connect(this.#path)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
}
