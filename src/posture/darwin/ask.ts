import type { CommandOutput } from '../../system/program/command-runner.ts'
import { STATE_QUERIES } from '../../system/program/query-commands.ts'
import type { CheckContext, PostureComponents } from '../components.ts'

/** Runs one query. A non-zero exit is an answer too: some programs of macOS say `off` that way. @throws as `CommandRunner.run`. */
export async function ask(
  { commands }: Pick<PostureComponents, 'commands'>,
  query: keyof typeof STATE_QUERIES,
  { signal, timeoutMs }: CheckContext,
): Promise<CommandOutput> {
  const [program, ...args] = STATE_QUERIES[query]
  return await commands.run(program, args, { timeoutMs, signal })
}
