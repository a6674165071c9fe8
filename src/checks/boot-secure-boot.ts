import { check } from './check.ts'

export const bootSecureBoot = check('boot.secure-boot', {
  weight: 'required',
  passes: 'Secure Boot is on',
  systems: { linux: 'UEFI', macos: 'startup security', windows: 'UEFI' },
  minutes: 10,
  english: {
    title: 'Secure Boot is on',
    problem: 'Secure Boot is off',
    why: 'Without Secure Boot, a changed boot loader or kernel can run before any protection starts.',
    person: {
      any: 'only a person at the firmware settings can change it',
      macos: 'only a person in the recovery system can change it',
    },
    steps: {
      any: [
        'Note the recovery key of an encrypted disk, because its TPM may refuse to unlock once.',
        'Open the firmware settings: systemctl reboot --firmware-setup',
        'Set "Secure Boot" to "Enabled", save and start again.',
      ],
      windows: [
        'Store the BitLocker recovery key, because Windows may ask for it once.',
        'Open Settings > System > Recovery > Advanced startup > Restart now.',
        'Choose Troubleshoot > Advanced options > UEFI Firmware Settings.',
        'Set "Secure Boot" to "Enabled", save and start again.',
      ],
      macos: [
        'Shut down, and start the recovery system: hold the power button on Apple silicon, or Command-R on Intel.',
        'Open Utilities > Startup Security Utility.',
        'Choose "Full Security", and start again.',
      ],
    },
  },
  german: {
    title: 'Secure Boot ist eingeschaltet',
    problem: 'Secure Boot ist ausgeschaltet',
    why: 'Ohne Secure Boot kann ein veränderter Bootloader oder Kernel laufen, bevor ein Schutz startet.',
    person: {
      any: 'nur ein Mensch kann es in der Firmware ändern.',
      macos: 'nur ein Mensch kann es im Wiederherstellungssystem ändern.',
    },
    steps: {
      any: [
        'Notieren Sie den Wiederherstellungsschlüssel einer verschlüsselten Platte: Ihr TPM kann einmal das Entsperren verweigern.',
        'Öffnen Sie die Firmware-Einstellungen: systemctl reboot --firmware-setup',
        'Stellen Sie „Secure Boot“ auf „Enabled“, speichern Sie, und starten Sie neu.',
      ],
      windows: [
        'Bewahren Sie den BitLocker-Wiederherstellungsschlüssel auf: Windows fragt vielleicht einmal danach.',
        'Öffnen Sie Einstellungen > System > Wiederherstellung > Erweiterter Start > Jetzt neu starten.',
        'Wählen Sie Problembehandlung > Erweiterte Optionen > UEFI-Firmwareeinstellungen.',
        'Stellen Sie „Secure Boot“ auf „Enabled“, speichern Sie, und starten Sie neu.',
      ],
      macos: [
        'Schalten Sie den Mac aus, und starten Sie das Wiederherstellungssystem: mit gehaltener Ein/Aus-Taste auf Apple-Chips, mit Befehl-R auf Intel.',
        'Öffnen Sie Dienstprogramme > Startsicherheitsdienstprogramm.',
        'Wählen Sie „Volle Sicherheit“, und starten Sie neu.',
      ],
    },
  },
})
