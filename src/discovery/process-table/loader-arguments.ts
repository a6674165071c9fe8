/** The dynamic linker as a program: `ld.so [OPTION]... PROGRAM [ARGUMENT]...`. See ld.so(8); musl takes the same. */

/** Where only root puts libraries. Anyone can call a program `ld.so` elsewhere. */
const LOADER = /^\/(?:usr\/)?lib(?:32|64|x32)?\/(?:[^/]+\/)*ld(?:-linux[^/]*|-musl-[^/]*|64|-\d[^/]*)?\.so(?:\.\d+)*$/
const WITH_VALUE = new Set([
  ...['--library-path', '--inhibit-rpath', '--audit', '--preload', '--argv0'],
  ...['--glibc-hwcaps-prepend', '--glibc-hwcaps-mask'],
])
/** With one of these it runs nothing. */
const RUNS_NOTHING = new Set(['--list', '--verify', '--help', '--version', '--list-tunables', '--list-diagnostics'])

/** The program that a linker runs, as it is named, and the arguments of that program. Undefined where it runs none. */
export function programOfLoader(
  executable: string,
  argv: readonly string[],
): { readonly path: string; readonly argv: readonly string[] } | undefined {
  if (!LOADER.test(executable)) return undefined
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    if (RUNS_NOTHING.has(part)) return undefined
    if (WITH_VALUE.has(part)) at++
    else if (part !== '' && !part.startsWith('-')) return { path: part, argv: argv.slice(at) }
  }
  return undefined
}
