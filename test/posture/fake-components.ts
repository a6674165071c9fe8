import type { CheckContext, PostureComponents } from '../../src/posture/components.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type Answer, fakeCommands } from './fake-commands.ts'
import { type Tree, treeFiles } from './tree-files.ts'

/** A machine on which there is only what the test puts there. */
export function machine(
  tree: Tree = {},
  commands: Readonly<Record<string, Answer>> = {},
  more: Partial<PostureComponents> = {},
): PostureComponents {
  return {
    files: treeFiles(tree),
    commands: fakeCommands(commands),
    clock: new FakeClock(),
    screenLocks: async () => [],
    ...more,
  }
}

export const context: CheckContext = { signal: new AbortController().signal, timeoutMs: 1000 }
