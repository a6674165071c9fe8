import type { ActionTool } from '../../protocol/gate/action.ts'
import type { HookClient } from '../../protocol/gate/hook-clients.ts'

/** What a client asks before its agent acts, in one form for all clients. */
export interface ClientAction {
  /** As the client names it. */
  readonly session: string
  readonly tool: ActionTool
  /** As the client gave them. */
  readonly arguments: unknown
  /** Absolute. */
  readonly folder?: string | undefined
  /** Of a shell. */
  readonly command?: string | undefined
  /** As the client names them. Relative ones start at the folder. */
  readonly paths?: readonly string[] | undefined
  /** Of addresses that a fetch names, in lower case, without port. */
  readonly hosts?: readonly string[] | undefined
  readonly clientVersion?: string | undefined
  /** The client's name for this one call. */
  readonly call?: string | undefined
}

/** What the gate says. */
export type Verdict =
  | { readonly effect: 'allow' }
  | { readonly effect: 'deny'; readonly forAgent: string; readonly forPerson: string }

/** What the hook prints, and how it exits. */
export interface HookOutput {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** What one client says to its hook, and what it reads from it. `native/linux/hook/dialects.c` has the short form of it. */
export interface Dialect {
  readonly client: HookClient
  /**
   * @param document as parsed with `parseUnambiguousJson`, with a limit of depth.
   * @throws `INPUT_MALFORMED` for what this client does not send. The message names the member.
   */
  read(document: unknown): ClientAction
  answer(verdict: Verdict): HookOutput
  /** A line while a person is asked. Undefined: the client shows none. */
  readonly progress?: ((message: string) => string) | undefined
  /** Seconds that the client waits for its hook. */
  readonly waitsSeconds: number
}
