import type { AllowedCommand } from './allowed-commands.ts'

/** What an allowed program said. A non-zero exit is an outcome, not an error: the parser decides what it means. */
export interface CommandOutput {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandRunner {
  /**
   * Runs one allowed program without a shell, in `/`, with a minimal environment (`LC_ALL=C.UTF-8`, a fixed PATH).
   *
   * @param options.timeoutMs SIGKILL to its process group after that.
   * @throws `COMMAND_ABSENT`, `COMMAND_TIMED_OUT`, `COMMAND_OUTPUT_TOO_LARGE`, `COMMAND_FAILED` (killed by a signal,
   * could not be started).
   */
  run(
    command: AllowedCommand,
    args: readonly string[],
    options: { timeoutMs: number; maxOutputBytes?: number; signal?: AbortSignal },
  ): Promise<CommandOutput>
}
