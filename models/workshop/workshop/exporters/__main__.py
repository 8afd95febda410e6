"""
python -m workshop.exporters export resshift|osediff|dossr …    converts official checkpoints into a bundle
python -m workshop.exporters check BUNDLE …                     compares a bundle with the official code, stage by stage
"""
import argparse
import importlib
import json
import sys
from pathlib import Path

from .common import ExportError, add_arguments, add_export_arguments

SYSTEMS = ['resshift', 'osediff', 'dossr']


def parser_for(arguments: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='workshop', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    systems = commands.add_parser('export', help='convert official checkpoints into a bundle').add_subparsers(dest='system', required=True)
    for name in SYSTEMS:
        exporter = importlib.import_module(f'.{name}', __package__)
        one = systems.add_parser(name, help=exporter.__doc__.strip().splitlines()[0])
        add_arguments(one)
        add_export_arguments(one)
        exporter.add_arguments(one)
        one.set_defaults(run=exporter.run)
    check = commands.add_parser('check', help='compare a bundle with the official code')
    check.add_argument('bundle', type=Path)
    # The options depend on the system of the bundle.
    if arguments[:1] == ['check'] and len(arguments) > 1 and not arguments[1].startswith('-'):
        from . import check as checker
        checker.add_arguments(check, _system(Path(arguments[1])))
        check.set_defaults(run=checker.run)
    return parser


def _system(bundle: Path) -> str:
    try:
        return json.loads((bundle / 'model.json').read_text())['system']
    except (OSError, ValueError, KeyError) as error:
        raise ExportError(f'{bundle} is not a bundle: it has no readable model.json', 'Give the folder that `export` wrote') from error


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        parsed = parser_for(arguments).parse_args(arguments)
        parsed.run(parsed)
        return 0
    except ExportError as error:
        print(f'workshop: {error}', file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
