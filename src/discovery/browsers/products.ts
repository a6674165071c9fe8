/** Where browsers keep their profiles on Linux, below a home. */
export interface BrowserProduct {
  readonly product: string
  /** Folder of the user's data, relative to the home; `*` stands for every folder there (revisions of a snap). */
  readonly folder: string
}

const CHROMIUM_CONFIG: readonly (readonly [product: string, folder: string])[] = [
  ['google-chrome', 'google-chrome'],
  ['google-chrome-beta', 'google-chrome-beta'],
  ['google-chrome-unstable', 'google-chrome-unstable'],
  ['google-chrome-for-testing', 'google-chrome-for-testing'],
  ['chromium', 'chromium'],
  ['brave', 'BraveSoftware/Brave-Browser'],
  ['brave-beta', 'BraveSoftware/Brave-Browser-Beta'],
  ['brave-nightly', 'BraveSoftware/Brave-Browser-Nightly'],
  ['microsoft-edge', 'microsoft-edge'],
  ['microsoft-edge-beta', 'microsoft-edge-beta'],
  ['microsoft-edge-dev', 'microsoft-edge-dev'],
  ['vivaldi', 'vivaldi'],
  ['vivaldi-snapshot', 'vivaldi-snapshot'],
  ['opera', 'opera'],
  ['opera-beta', 'opera-beta'],
  ['opera-developer', 'opera-developer'],
  ['yandex-browser', 'yandex-browser'],
  ['yandex-browser-beta', 'yandex-browser-beta'],
  ['thorium', 'thorium'],
  ['iridium', 'iridium'],
  ['cromite', 'cromite'],
  ['browseros', 'browser-os'],
]

/** Flatpak gives each application a configuration folder of its own. */
const CHROMIUM_FLATPAK: readonly (readonly [product: string, application: string, folder: string])[] = [
  ['google-chrome', 'com.google.Chrome', 'google-chrome'],
  ['google-chrome-unstable', 'com.google.ChromeDev', 'google-chrome-unstable'],
  ['chromium', 'org.chromium.Chromium', 'chromium'],
  ['ungoogled-chromium', 'io.github.ungoogled_software.ungoogled_chromium', 'chromium'],
  ['brave', 'com.brave.Browser', 'BraveSoftware/Brave-Browser'],
  ['microsoft-edge', 'com.microsoft.Edge', 'microsoft-edge'],
  ['microsoft-edge-beta', 'com.microsoft.EdgeBeta', 'microsoft-edge-beta'],
  ['microsoft-edge-dev', 'com.microsoft.EdgeDev', 'microsoft-edge-dev'],
  ['vivaldi', 'com.vivaldi.Vivaldi', 'vivaldi'],
  ['opera', 'com.opera.Opera', 'opera'],
  ['yandex-browser', 'ru.yandex.Browser', 'yandex-browser'],
]

export const CHROMIUM_PRODUCTS: readonly BrowserProduct[] = [
  ...CHROMIUM_CONFIG.map(([product, folder]) => ({ product, folder: `.config/${folder}` })),
  ...CHROMIUM_FLATPAK.map(([product, id, folder]) => ({ product, folder: `.var/app/${id}/config/${folder}` })),
  { product: 'chromium', folder: 'snap/chromium/common/chromium' },
  // `current` is a link; the revisions beside it are the folders.
  { product: 'brave', folder: 'snap/brave/*/.config/BraveSoftware/Brave-Browser' },
  { product: 'opera', folder: 'snap/opera/*/.config/opera' },
  { product: 'vivaldi', folder: 'snap/vivaldi/*/.config/vivaldi' },
]

/** Folders with a `profiles.ini`. Firefox 147 moved to the XDG folder. */
export const FIREFOX_PRODUCTS: readonly BrowserProduct[] = [
  { product: 'firefox', folder: '.mozilla/firefox' },
  { product: 'firefox', folder: '.config/mozilla/firefox' },
  { product: 'firefox', folder: 'snap/firefox/common/.mozilla/firefox' },
  { product: 'firefox', folder: 'snap/firefox/common/.config/mozilla/firefox' },
  { product: 'firefox', folder: '.var/app/org.mozilla.firefox/.mozilla/firefox' },
  { product: 'firefox', folder: '.var/app/org.mozilla.firefox/config/mozilla/firefox' },
  { product: 'librewolf', folder: '.librewolf' },
  { product: 'librewolf', folder: '.config/librewolf/librewolf' },
  { product: 'librewolf', folder: '.var/app/io.gitlab.librewolf-community/.librewolf' },
  { product: 'waterfox', folder: '.waterfox' },
  { product: 'waterfox', folder: '.var/app/net.waterfox.waterfox/.waterfox' },
  { product: 'zen', folder: '.zen' },
  { product: 'zen', folder: '.config/zen' },
  { product: 'zen', folder: '.var/app/app.zen_browser.zen/.zen' },
  { product: 'floorp', folder: '.floorp' },
  { product: 'floorp', folder: '.var/app/one.ablaze.floorp/.floorp' },
]
