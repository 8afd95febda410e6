"""Prints the part of a model's LICENSE about its training photographs, from photos.tsv.

python3 licence_text.py NAME [--table photos.tsv]
"""
import argparse
import csv
import textwrap
from collections import defaultdict
from pathlib import Path

LIST = 'https://github.com/remaster-video/node-red-video/blob/main/models/workshop/experiments/x4_live/photos.tsv'


def licence_text(name: str, rows: list[dict]) -> str:
    """rows: of photos.tsv, with `licence` and `author`."""
    authors, counts = defaultdict(set), defaultdict(int)
    for row in rows:
        licence = row['licence'].replace('public-domain', 'public domain')
        counts[licence] += 1
        authors[licence].add(row['author'] or 'unknown')
    paragraphs = [
        f'Training data of "{name}"',
        'The weights were trained by the authors of this project, from random ones, and are licensed under the Apache License 2.0 above.',
        f'The {len(rows)} training photographs are not part of this package. Licence, author and origin of each are recorded in',
        LIST,
    ]
    lines = ['', paragraphs[0], '', *textwrap.wrap(paragraphs[1], 100), '', *textwrap.wrap(paragraphs[2], 100), paragraphs[3], '']
    for licence in sorted(counts, key=lambda one: (-counts[one], one)):
        names = '; '.join(sorted(authors[licence], key=str.casefold))
        what = 'photograph' if counts[licence] == 1 else 'photographs'
        text = f'{licence}: {counts[licence]} {what}. {names}.'
        lines += textwrap.wrap(text, 100, initial_indent='  * ', subsequent_indent='    ')
    return '\n'.join(lines) + '\n'


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('name')
    p.add_argument('--table', type=Path, default=Path(__file__).with_name('photos.tsv'))
    a = p.parse_args()
    with open(a.table, newline='') as lines:
        print(licence_text(a.name, list(csv.DictReader(lines, delimiter='\t'))), end='')


if __name__ == '__main__':
    main()
