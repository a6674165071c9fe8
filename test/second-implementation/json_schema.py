"""As much of JSON Schema 2020-12 as docs/schemas/ uses."""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / 'docs' / 'schemas'
_TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None)}
_KNOWN = {
    '$schema', '$id', '$defs', '$ref', 'title', 'description', 'type', 'const', 'enum', 'anyOf', 'minimum', 'maximum',
    'required', 'properties', 'patternProperties', 'additionalProperties', 'items', 'maxItems', 'minItems', 'pattern',
    'minLength', 'maxLength', 'minProperties',
}
_ID = 'urn:x-surety:schema:1:'
_DOCUMENTS = {
    document['$id']: document for document in (json.loads(path.read_text('utf-8')) for path in FOLDER.glob('*.json'))
}


class Schema:
    def __init__(self, name):
        self.document = _DOCUMENTS[_ID + name]

    def fault(self, value):
        """Where a value does not fit, in words; None where it does."""
        return self._fault(self.document, value, '')

    def _fault_by_reference(self, reference, value, place):
        document, _, part = reference.partition('#/$defs/')
        referred = Schema(document.removeprefix(_ID)) if document else self
        return referred._fault(referred.document['$defs'][part] if part else referred.document, value, place)

    def _fault(self, schema, value, place):
        if not _KNOWN.issuperset(schema):
            raise NotImplementedError(sorted(set(schema) - _KNOWN))
        if '$ref' in schema:
            return self._fault_by_reference(schema['$ref'], value, place)
        if 'anyOf' in schema:
            faults = [self._fault(one, value, place) for one in schema['anyOf']]
            return None if None in faults else f'{place}: {faults}'
        checks = (self._of_value, self._of_string, self._of_number, self._of_array, self._of_object)
        return next((fault for check in checks if (fault := check(schema, value, place)) is not None), None)

    @staticmethod
    def _of_value(schema, value, place):
        if 'type' in schema and not _is(schema['type'], value):
            return f'{place}: not of type {schema["type"]}'
        if 'const' in schema and value != schema['const']:
            return f'{place}: not {schema["const"]}'
        return f'{place}: another word' if 'enum' in schema and value not in schema['enum'] else None

    @staticmethod
    def _of_string(schema, value, place):
        if not isinstance(value, str):
            return None
        # $ is the end of the text. In Python it would match before a line feed at the end too.
        if 'pattern' in schema and not re.search(re.sub(r'\$$', r'\\Z', schema['pattern']), value):
            return f'{place}: does not match {schema["pattern"]}'
        if not schema.get('minLength', 0) <= len(value) <= schema.get('maxLength', len(value)):
            return f'{place}: {len(value)} code points'
        return None

    @staticmethod
    def _of_number(schema, value, place):
        if not _is('number', value):
            return None
        fits = schema.get('minimum', value) <= value <= schema.get('maximum', value)
        return None if fits else f'{place}: out of range'

    def _of_array(self, schema, value, place):
        if not isinstance(value, list):
            return None
        if not schema.get('minItems', 0) <= len(value) <= schema.get('maxItems', len(value)):
            return f'{place}: {len(value)} items'
        faults = (self._fault(schema.get('items', {}), item, f'{place}/{at}') for at, item in enumerate(value))
        return next((fault for fault in faults if fault is not None), None)

    def _of_object(self, schema, value, place):
        if not isinstance(value, dict):
            return None
        missing = [name for name in schema.get('required', []) if name not in value]
        if missing:
            return f'{place}: without {missing}'
        if len(value) < schema.get('minProperties', 0):
            return f'{place}: {len(value)} members'
        for name, member in value.items():
            inner = self._schema_of_member(schema, name)
            if inner is False:
                return f'{place}/{name}: no such member'
            fault = self._fault(inner, member, f'{place}/{name}')
            if fault is not None:
                return fault
        return None

    @staticmethod
    def _schema_of_member(schema, name):
        if name in schema.get('properties', {}):
            return schema['properties'][name]
        for pattern, inner in schema.get('patternProperties', {}).items():
            if re.search(pattern, name):
                return inner
        return schema.get('additionalProperties', {})


def _is(kind, value):
    if kind in ('integer', 'number'):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and (kind == 'number' or float(value).is_integer())
    return isinstance(value, _TYPES[kind])
