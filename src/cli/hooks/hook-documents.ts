import { closed, type TSchema, Type, text, words } from '../../base/schema.ts'
import { HOOK_STATE_WORDS } from '../../hooks/list-hooks.ts'
import { HOOK_CLIENTS } from '../../protocol/gate/hook-clients.ts'

const path = text(4096)
const client = words(...HOOK_CLIENTS)

/** What `surety hooks` prints with `--json`. */
export const HOOK_DOCUMENTS: Readonly<Record<string, Readonly<Record<string, TSchema>>>> = {
  'surety/hook-files@1': {
    program: path,
    files: Type.Array(closed({ client, file: path, text: Type.String() })),
  },
  'surety/hook-changes@1': {
    act: words('install', 'uninstall'),
    dryRun: Type.Boolean(),
    changes: Type.Array(
      closed({
        client,
        file: path,
        outcome: words('installed', 'unchanged', 'restored', 'removed', 'not-installed'),
        changedFile: Type.Optional(path),
      }),
    ),
  },
  'surety/hooks@1': {
    hooks: Type.Array(
      closed({
        client,
        state: Type.Union(Object.keys(HOOK_STATE_WORDS).map((state) => Type.Literal(state))),
        file: Type.Optional(path),
        reason: Type.Optional(text(10_000)),
      }),
    ),
  },
}
