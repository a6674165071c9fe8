#!/bin/sh
# Usage: build-on-mac.sh surety-VERSION-arm64.pkg OUT.pkg
# On a Mac with Xcode: signs what `npm run package -- pkg` made on Linux, and has Apple notarise it. Never run so far.
#   APPLICATION_IDENTITY  "Developer ID Application: …", for the programs
#   INSTALLER_IDENTITY    "Developer ID Installer: …", for the package
#   NOTARY_PROFILE        a profile of `xcrun notarytool store-credentials`
set -eu
if [ $# != 2 ]; then
  echo 'Usage: build-on-mac.sh surety-VERSION-arm64.pkg OUT.pkg' >&2
  exit 2
fi
: "${APPLICATION_IDENTITY:?}" "${INSTALLER_IDENTITY:?}" "${NOTARY_PROFILE:?}"
given=$1
out=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pkgutil --expand-full "$given" "$work/expanded"
payload="$work/expanded/surety.pkg/Payload"
programs="$payload/Library/Surety"
version=$(sed -n 's/.*<pkg-info[^>]* version="\([^"]*\)".*/\1/p' "$work/expanded/surety.pkg/PackageInfo")

# The helper for the Secure Enclave needs Apple's compiler.
swiftc -O -target arm64-apple-macos13.0 "$here/../../native/darwin/secure-enclave/main.swift" -o "$programs/suretyd/surety-secure-enclave"

sign() {
  codesign --force --timestamp --options runtime --sign "$APPLICATION_IDENTITY" "$@"
}
find "$programs" -type f \( -name '*.node' -o -name 'surety-*' \) -exec sh -c 'file -b "$1" | grep -q Mach-O' _ {} \; -print |
  while IFS= read -r path; do sign "$path"; done
# Apple's compiler has the real headers, and checks what was declared without them.
clang -O2 -Wall -arch arm64 -arch x86_64 -mmacosx-version-min=13.0 -framework AppKit -framework UserNotifications \
  "$here"/../../native/darwin/tray/*.m "$here"/../../native/tray/*.c -o "$programs/Surety.app/Contents/MacOS/surety-tray"
sign --identifier org.surety.tray "$programs/Surety.app"
# V8 writes code while it runs, and loads our addon, which Node's makers did not sign. Profiles of `surety mdm render` name the identifier.
sign --identifier org.surety.node --entitlements "$here/node-entitlements.plist" "$programs/node"

(cd "$programs" && find . -type f -print | LC_ALL=C sort > files)
pkgbuild --root "$payload" --scripts "$work/expanded/surety.pkg/Scripts" --identifier org.surety.surety --version "$version" \
  --install-location / --ownership recommended "$work/surety.pkg"
sed 's/>#surety.pkg</>surety.pkg</' "$work/expanded/Distribution" > "$work/distribution"
productbuild --distribution "$work/distribution" --package-path "$work" "$work/unsigned.pkg"
productsign --timestamp --sign "$INSTALLER_IDENTITY" "$work/unsigned.pkg" "$out"
xcrun notarytool submit "$out" --keychain-profile "$NOTARY_PROFILE" --wait
xcrun stapler staple "$out"
pkgutil --check-signature "$out"
