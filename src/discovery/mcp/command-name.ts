/** How package managers call what they run: npm's npx is the file npx-cli.js. */
const CLI_SCRIPT = /^(npx|npm|pnpm|pnpx|yarn|bunx)(?:-cli)?\.c?js$/

/** The name of a program's file alone, in small letters, as a command may call it: `C:\\x\\Npx.CMD` is `npx`, as is `npx-cli.js`. */
export function commandName(program: string): string {
  const name = (program.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|ps1)$/, '')
  return CLI_SCRIPT.exec(name)?.[1] ?? name
}
