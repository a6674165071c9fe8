import { check } from './check.ts'

export const bootSetupMode = check('boot.setup-mode', {
  weight: 'required',
  passes: 'the firmware is not in setup mode',
  systems: { linux: 'UEFI', macos: { absent: 'macOS has no setup mode of UEFI' }, windows: 'UEFI' },
  minutes: 10,
  english: {
    title: 'The firmware has its Secure Boot keys',
    problem: 'The firmware has no Secure Boot keys',
    why: 'In setup mode, any program with root rights can install its own boot keys.',
    person: { any: 'only a person at the firmware settings can change it' },
    steps: {
      any: [
        'Open the firmware settings: systemctl reboot --firmware-setup',
        'Choose "Restore factory keys" or "Install default keys" under "Secure Boot", save and start again.',
      ],
      windows: [
        'Open Settings > System > Recovery > Advanced startup > Restart now.',
        'Choose Troubleshoot > Advanced options > UEFI Firmware Settings.',
        'Choose "Restore factory keys" or "Install default keys" under "Secure Boot", save and start again.',
      ],
    },
  },
  german: {
    title: 'Die Firmware hat ihre Secure-Boot-Schlüssel',
    problem: 'Der Firmware fehlen die Secure-Boot-Schlüssel',
    why: 'Im Setup-Modus kann jedes Programm mit root-Rechten eigene Boot-Schlüssel einspielen.',
    person: { any: 'nur ein Mensch kann es in der Firmware ändern.' },
    steps: {
      any: [
        'Öffnen Sie die Firmware-Einstellungen: systemctl reboot --firmware-setup',
        'Wählen Sie unter „Secure Boot“ „Restore factory keys“ oder „Install default keys“, speichern Sie, und starten Sie neu.',
      ],
      windows: [
        'Öffnen Sie Einstellungen > System > Wiederherstellung > Erweiterter Start > Jetzt neu starten.',
        'Wählen Sie Problembehandlung > Erweiterte Optionen > UEFI-Firmwareeinstellungen.',
        'Wählen Sie unter „Secure Boot“ „Restore factory keys“ oder „Install default keys“, speichern Sie, und starten Sie neu.',
      ],
    },
  },
})
