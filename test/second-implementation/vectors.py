"""Reads test/vectors/ as docs/protocol.md says, and finds what comes out otherwise."""

import json
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import canonical_json
import signed
from canonical_json import Refused
from device import fitting, read_enrolment
from signed import from_base64url, hash_of, sha256, spki_of, to_base64url

FOLDER = Path(__file__).resolve().parents[1] / 'vectors'
PLAIN = ('hello', 'renew', 'catalogue-request', 'checkpoint-request', 'refusal')
ES256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


def load(name):
    return json.loads((FOLDER / f'{name}.json').read_text('utf-8'))


def outcome_of(read):
    try:
        return {'accept': read()}
    except Refused as refused:
        return {'refuse': refused.code}


def expected(vector):
    return {name: vector[name] for name in ('accept', 'refuse') if name in vector}


def differing(vectors, read):
    """Names of the vectors that come out otherwise, with what came out."""
    return [
        [vector['name'], outcome]
        for vector in vectors
        if (outcome := outcome_of(lambda: read(vector))) != expected(vector)
    ]


def keys_of(document):
    def private(jwk):
        return ec.derive_private_key(int.from_bytes(from_base64url(jwk['d']), 'big'), ec.SECP256R1())

    return {name: private(jwk) for name, jwk in document['keys'].items()}


def read_frame(kind, frame, key):
    if kind in PLAIN:
        value = canonical_json.read(frame, 4096)
    else:
        value = canonical_json.read(signed.verified(kind, frame, key.public_key()))
    try:
        return fitting(kind, value)
    except Refused:
        raise Refused('DELEGATION_REFUSED' if kind == 'delegation' else 'FRAME_MALFORMED') from None


def frames():
    document = load('frames')
    keys = keys_of(document)
    return differing(
        document['vectors'], lambda vector: read_frame(vector['kind'], vector['frame'], keys.get(vector.get('key')))
    )


def canonical():
    def read(vector):
        canonical_json.read(vector['text'])
        return True

    return differing(load('canonical-json')['vectors'], read)


def bytes_of_binding(fields):
    def value(name):
        given = fields[name]
        return given if name == 'purpose' or isinstance(given, int) else bytes.fromhex(given)

    names = ('purpose', 'nonce', 'exporter', 'directoryCa', 'subject', 'epoch', 'sequence', 'head', 'posture')
    return signed.binding_bytes(*map(value, names))


def bindings():
    def read(vector):
        data = bytes_of_binding(vector['fields'])
        if 'bytes' in vector and data.hex() != vector['bytes']:
            raise Refused('bytes')
        if sha256(data).hex() != vector['claimed']:
            raise Refused('ATTESTATION_BINDING_MISMATCH')
        return True

    return differing(load('bindings')['vectors'], read)


def session():
    """What of the session this implementation would not have made in the same bytes."""
    document = load('session')
    keys = keys_of(document)
    wrong = []
    for message in document['messages']:
        kind, payload = message['kind'], message['payload']
        value = canonical_json.read(payload)
        frame = canonical_json.write(fitting(kind, value))
        if 'key' in message:
            head = f'{signed.header_of(kind)}.{to_base64url(payload.encode("utf-8"))}'
            r, s = signed.decode_dss_signature(keys[message['key']].sign(head.encode('ascii'), ES256))
            frame = f'{head}.{to_base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))}'
        # The recipe that the document has for Python.
        recipe = json.dumps(value, ensure_ascii=False, separators=(',', ':'))
        made = {'payload': recipe, 'frame': frame, 'hash': hash_of(frame)}
        if 'posture' in message:
            made['posture'] = hash_of(canonical_json.write(value['findings']))
        if 'binding' in message:
            made['binding'] = message['binding'] if _bound(message['binding'], value) else None
        wrong += [[message['name'], name] for name in made if made[name] != message.get(name, made[name])]
    enrolment = read_enrolment(document['enrolment']['string'])
    pins = {name: to_base64url(sha256(spki_of(keys[name]))) for name in ('ca', 'root')}
    return wrong + [name for name in pins if enrolment[name] != pins[name]]


def _bound(binding, attestation):
    data = bytes_of_binding(binding['fields'])
    return data.hex() == binding['bytes'] and to_base64url(sha256(data)) == binding['hash'] == attestation['binding']
