/** A JSON Schema pattern for a pipe of this machine: no path in it that Windows would take for another. */
export const PIPE_NAME_PATTERN = '^\\\\\\\\\\.\\\\[Pp][Ii][Pp][Ee]\\\\([\\w.\\-]{1,64}\\\\){0,4}[\\w.\\-]{1,64}$'
