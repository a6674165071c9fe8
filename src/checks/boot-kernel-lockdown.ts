import { check } from './check.ts'

export const bootKernelLockdown = check('boot.kernel-lockdown', {
  weight: 'advisory',
  passes: 'the kernel is locked down',
  systems: {
    linux: 'kernel',
    macos: { absent: 'kernel lockdown is a feature of Linux' },
    windows: { absent: 'kernel lockdown is a feature of Linux' },
  },
  minutes: 10,
  english: {
    title: 'The kernel is locked down',
    problem: 'The kernel is not locked down',
    why: 'Without lockdown, a program with root rights can change the running kernel and hide in it.',
    person: { any: 'it changes how this device starts, and drivers may stop working' },
    steps: {
      any: [
        'Turn on Secure Boot first: most distributions then lock the kernel automatically.',
        'Otherwise add lockdown=integrity to GRUB_CMDLINE_LINUX in /etc/default/grub, update GRUB, and start again.',
      ],
      debian: [
        'Turn on Secure Boot first: Debian then locks the kernel automatically.',
        'Otherwise add lockdown=integrity to GRUB_CMDLINE_LINUX in /etc/default/grub.',
        'Run: sudo update-grub',
        'Start again.',
      ],
    },
  },
  german: {
    title: 'Der Kernel ist gesperrt (Lockdown)',
    problem: 'Der Kernel ist nicht gesperrt (Lockdown)',
    why: 'Ohne Lockdown kann ein Programm mit root-Rechten den laufenden Kernel ändern und sich darin verstecken.',
    person: { any: 'es ändert den Start des Geräts, und Treiber können ausfallen.' },
    steps: {
      any: [
        'Schalten Sie zuerst Secure Boot ein: die meisten Distributionen sperren den Kernel dann selbst.',
        'Sonst ergänzen Sie lockdown=integrity bei GRUB_CMDLINE_LINUX in /etc/default/grub, aktualisieren GRUB und starten neu.',
      ],
      debian: [
        'Schalten Sie zuerst Secure Boot ein: Debian sperrt den Kernel dann selbst.',
        'Sonst ergänzen Sie lockdown=integrity bei GRUB_CMDLINE_LINUX in /etc/default/grub.',
        'Führen Sie aus: sudo update-grub',
        'Starten Sie neu.',
      ],
    },
  },
})
