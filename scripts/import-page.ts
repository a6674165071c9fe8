import { FOLDERS } from '../test/architecture/folders.ts'
import { DOORS, MAY_IMPORT } from '../test/architecture/import-table.ts'

/** `docs/reference/imports.md`: each folder of `src/`, what it is, what it may import, and the modules behind a door. */
export function importPage(): string {
  const folders = Object.entries(MAY_IMPORT).map(
    ([name, allowed]) => `| \`${name}/\` | ${FOLDERS[name] ?? ''} | ${allowed.join(', ') || 'nothing'} |`,
  )
  const doors = Object.entries(DOORS).map(
    ([name, files]) => `| \`${name}\` | ${files.map((file) => `\`${file}\``).join(', ')} |`,
  )
  return `${HEAD}
| folder | what it is | may import |
|---|---|---|
${folders.join('\n')}
${DOORS_HEAD}
| module | loaded by |
|---|---|
${doors.join('\n')}
`
}

const HEAD = `# Folders and imports

This page is made from \`import-table.ts\` and \`folders.ts\` in \`test/architecture/\` by
\`node scripts/run.cjs scripts/make-import-page.ts\`. [Architecture](../architecture.md) says how the folders work together.

A test holds the code to this table, and the references in \`src/*/tsconfig.json\` repeat it for the compiler. A name such as
\`system\` means all folders below it. No two files and no two folders import each other, directly or through others.
\`src/main-*.ts\` and \`directory/directory.ts\` choose implementations and may import from everywhere.
`

const DOORS_HEAD = `
## Doors

Some modules may be loaded only by these files and folders.
`
