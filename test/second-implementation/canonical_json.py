"""Canonical JSON, by the rules of docs/protocol.md."""

import json
import re
from decimal import Decimal

MAX_LEVELS = 10
MAX_MEMBERS = 256
MAX_EXACT = 2**53 - 1

_WHOLE_NAME = re.compile(r'0|[1-9][0-9]{0,9}')
_SHORT_ESCAPES = {'"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t'}


class Refused(Exception):
    """A rule of the protocol is broken. `code` is that of the table of refusals."""

    def __init__(self, code, message=''):
        super().__init__(f'{code}: {message}')
        self.code = code


def write(value):
    """The canonical text of a value. Members keep the order of the dict, but for names that are whole numbers."""
    if value is None:
        return 'null'
    if value is True:
        return 'true'
    if value is False:
        return 'false'
    if isinstance(value, str):
        return '"' + ''.join(_letter(one) for one in value) + '"'
    if isinstance(value, int) and abs(value) <= MAX_EXACT:
        return str(value)
    if isinstance(value, (int, float)):
        return _double(float(value))
    if isinstance(value, list):
        return '[' + ','.join(write(item) for item in value) + ']'
    return '{' + ','.join(f'{write(name)}:{write(value[name])}' for name in _ordered(value)) + '}'


def read(text, max_size=2**20):
    """The value of a canonical text. Raises Refused with the code of the first rule that is broken."""
    if len(text) > max_size:
        raise Refused('INPUT_TOO_LARGE', 'size')
    _measure(text)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_no_constant)
    except ValueError as error:
        raise Refused('INPUT_MALFORMED', str(error)) from None
    if write(value) != text:
        raise Refused('INPUT_NOT_CANONICAL')
    return value


def _letter(letter):
    if letter in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[letter]
    if letter < ' ' or '\ud800' <= letter <= '\udfff':
        return f'\\u{ord(letter):04x}'
    return letter


def _ordered(members):
    whole = [name for name in members if _WHOLE_NAME.fullmatch(name) and int(name) <= 4294967294]
    return sorted(whole, key=int) + [name for name in members if name not in set(whole)]


def _double(number):
    """Number::toString of ECMA-262; what is no number of JSON becomes a text that equals none."""
    if number != number or number in (float('inf'), float('-inf')):
        return 'not a number of JSON'
    if number == 0:
        return '0'
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    text = ''.join(map(str, digits))
    point = len(text) + exponent
    text = text.rstrip('0') or '0'
    if len(text) <= point <= 21:
        shown = text + '0' * (point - len(text))
    elif 0 < point <= 21:
        shown = text[:point] + '.' + text[point:]
    elif -6 < point <= 0:
        shown = '0.' + '0' * -point + text
    else:
        mantissa = text[0] + ('.' + text[1:] if len(text) > 1 else '')
        shown = f'{mantissa}e{"+" if point > 0 else "-"}{abs(point - 1)}'
    return ('-' if sign else '') + shown


def _integer(text):
    number = int(text)
    return number if abs(number) <= MAX_EXACT else float(text)


def _object(members):
    if any(name == '__proto__' for name, _ in members):
        raise ValueError('the name __proto__')
    return dict(members)


def _no_constant(text):
    raise ValueError(text)


def _measure(text):
    """Levels and members, in one pass from left to right that knows no more of the grammar than where strings end."""
    around = []
    at = 0
    while at < len(text):
        letter = text[at]
        if letter == '"':
            at += 1
            while at < len(text) and text[at] != '"':
                at += 2 if text[at] == '\\' else 1
        elif letter in '[{':
            if len(around) == MAX_LEVELS:
                raise Refused('INPUT_TOO_DEEP')
            around.append(1 if letter == '{' else None)
        elif letter in ']}' and around:
            around.pop()
        elif letter == ',' and around and around[-1] is not None:
            around[-1] += 1
            if around[-1] > MAX_MEMBERS:
                raise Refused('INPUT_TOO_LARGE', 'members')
        at += 1
