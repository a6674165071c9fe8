import type { ProcessTable } from './process-table.ts'

/** Programs of the system and of the session, by what their packages install. Nothing that a user can write to is among them. */
const PROTECTED =
  /^\/(usr\/)?(s?bin|lib(exec)?(64)?)\/([a-z0-9+.-]+\/)?(systemd[a-z-]*|sshd(-session|-auth)?|dbus-(daemon|broker)|login|agetty|gdm[0-9a-z-]*|sddm|lightdm|Xorg|Xwayland|gnome-(shell|session[a-z-]*|terminal-server)|mutter|kwin_(x11|wayland)|plasmashell|konsole|sway|weston|xfwm4|xfce4-session)$/

/** Never stopped, whatever is thought of it. */
export function isProtected(pid: number, processes: Pick<ProcessTable, 'entry' | 'isPartOfSystem'>): boolean {
  if (pid === 1 || pid === process.pid) return true
  const executable = processes.entry(pid)?.executable
  return isProtectedProgram(executable) || (executable !== undefined && processes.isPartOfSystem?.(executable) === true)
}

export function isProtectedProgram(executable: string | undefined): boolean {
  return executable !== undefined && PROTECTED.test(executable)
}
