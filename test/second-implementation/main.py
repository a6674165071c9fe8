"""Runs everything. Prints one line of JSON for each check: its name, what came, what was expected.

usage: main.py ADMINISTRATOR_PROFILE
"""

import json
import sys

import refusals
import story
import vectors
from api import Api


def checks(profile):
    for read in (vectors.canonical, vectors.frames, vectors.bindings, vectors.session):
        yield f'test/vectors, {read.__name__}: what comes out otherwise', read(), []
    api = Api(profile)
    for tell in (story.first_day, story.special_cases, story.transport, *refusals.ALL, story.administrators):
        for name, came, expected in tell(api):
            yield f'{tell.__name__.replace("_", " ")}: {name}', came, expected


if __name__ == '__main__':
    for name, came, expected in checks(sys.argv[1]):
        print(json.dumps({'name': name, 'came': repr(came), 'expected': repr(expected)}), flush=True)
