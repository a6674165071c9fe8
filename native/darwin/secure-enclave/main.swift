// The helper of `src/keys/secure-enclave/`: one JSON document a line, as `enclave-messages.ts` says. It ends with its input.
// CryptoKit alone wraps a key for its owner, so that a daemon without a keychain can have one. Built and run on a Mac only:
//   swiftc -O -o surety-secure-enclave main.swift
// Never built and never run so far.
import CryptoKit
import Foundation
import Security

struct Request: Decodable {
  let id: UInt64
  let op: String
  let wrapped: String?
  let message: String?
}

struct Answer: Encodable {
  let id: UInt64
  var version: Int?
  var available: Bool?
  var `public`: String?
  var wrapped: String?
  var signature: String?
  var error: String?
  var message: String?
}

func encode(_ bytes: Data) -> String {
  bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    .replacingOccurrences(of: "=", with: "")
}

func decode(_ text: String?) -> Data? {
  guard let text else { return nil }
  let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
  return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
}

func create(_ id: UInt64) throws -> Answer {
  // Usable before a person logs in after the first unlock, never on another Mac, and without a prompt: there is nobody to answer it.
  let access = SecAccessControlCreateWithFlags(
    nil, kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, [.privateKeyUsage], nil)
  guard let access else { return Answer(id: id, error: "failed", message: "no access control") }
  let key = try SecureEnclave.P256.Signing.PrivateKey(compactRepresentable: false, accessControl: access)
  return Answer(id: id, public: encode(key.publicKey.rawRepresentation), wrapped: encode(key.dataRepresentation))
}

func sign(_ request: Request) throws -> Answer {
  guard let wrapped = decode(request.wrapped), let message = decode(request.message) else {
    return Answer(id: request.id, error: "malformed", message: "not base64url")
  }
  guard let key = try? SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: wrapped) else {
    return Answer(id: request.id, error: "lost", message: "this Secure Enclave did not wrap the key")
  }
  // CryptoKit hashes with SHA-256. The representation is r then s, each 32 bytes.
  return Answer(id: request.id, signature: encode(try key.signature(for: message).rawRepresentation))
}

func answer(_ request: Request) -> Answer {
  do {
    switch request.op {
    case "hello": return Answer(id: request.id, version: 1, available: SecureEnclave.isAvailable)
    case "create": return try create(request.id)
    case "sign": return try sign(request)
    default: return Answer(id: request.id, error: "malformed", message: "an unknown operation")
    }
  } catch {
    let status = (error as NSError).code
    let isLocked = status == Int(errSecInteractionNotAllowed)
    return Answer(id: request.id, error: isLocked ? "locked" : "failed", message: "OSStatus \(status)")
  }
}

let encoder = JSONEncoder()
encoder.outputFormatting = [.withoutEscapingSlashes]
while let line = readLine(strippingNewline: true) {
  guard let request = try? JSONDecoder().decode(Request.self, from: Data(line.utf8)) else { exit(2) }
  guard let bytes = try? encoder.encode(answer(request)) else { exit(3) }
  FileHandle.standardOutput.write(bytes + Data("\n".utf8))
}
