"""Signed messages: compact JWS with ES256, and what is hashed and bound."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

import canonical_json
from canonical_json import Refused

ZEROS = bytes(32)
ES256 = ec.ECDSA(hashes.SHA256())
_TYPES = {'evidence': 'eat+jwt'}


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode('ascii')


def from_base64url(text):
    """Strict: no padding, and no bits behind the last byte. None for anything else."""
    if not re.fullmatch('[A-Za-z0-9_-]*', text) or len(text) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    return data if to_base64url(data) == text else None


def header_of(kind):
    typ = _TYPES.get(kind, f'surety-{kind}+jwt')
    return to_base64url(b'{"alg":"ES256","typ":"%s"}' % typ.encode('ascii'))


def sha256(data):
    return hashlib.sha256(data).digest()


def hash_of(text):
    return to_base64url(sha256(text.encode('utf-8')))


def sign(kind, payload, key, header=None):
    """`payload`: an object, or the bytes themselves."""
    data = payload if isinstance(payload, bytes) else canonical_json.write(payload).encode('utf-8')
    signed = f'{header or header_of(kind)}.{to_base64url(data)}'
    r, s = decode_dss_signature(key.sign(signed.encode('ascii'), ES256))
    return f'{signed}.{to_base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))}'


def split(kind, frame):
    """The payload's text, the text that is signed, and the signature."""
    parts = frame.split('.')
    if len(parts) != 3:
        raise Refused('FRAME_MALFORMED', 'not three parts')
    if parts[0] != header_of(kind):
        raise Refused('SIGNATURE_HEADER_REFUSED')
    payload = from_base64url(parts[1])
    if payload is None:
        raise Refused('FRAME_MALFORMED', 'payload')
    try:
        text = payload.decode('utf-8')
    except UnicodeDecodeError:
        raise Refused('FRAME_MALFORMED', 'UTF-8') from None
    signature = from_base64url(parts[2])
    if signature is None or len(signature) != 64:
        raise Refused('FRAME_MALFORMED', 'signature')
    return text, f'{parts[0]}.{parts[1]}', signature


def verified(kind, frame, key):
    """The payload's text, once the signature held."""
    text, signed, signature = split(kind, frame)
    r, s = int.from_bytes(signature[:32], 'big'), int.from_bytes(signature[32:], 'big')
    try:
        key.verify(encode_dss_signature(r, s), signed.encode('ascii'), ES256)
    except InvalidSignature:
        raise Refused('SIGNATURE_INVALID') from None
    return text


def spki_of(key):
    public = key.public_key() if hasattr(key, 'public_key') else key
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_of(spki):
    return serialization.load_der_public_key(spki)


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def binding_bytes(purpose, nonce, exporter, ca, subject, epoch, sequence, head, posture):
    numbers = epoch.to_bytes(8, 'big') + sequence.to_bytes(8, 'big')
    name = purpose.encode('ascii').ljust(16, b'\0')
    return b'surety/v1/' + name + nonce + exporter + ca + subject + numbers + head + posture
