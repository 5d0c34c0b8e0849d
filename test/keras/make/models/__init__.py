"""Every model of the extra fixtures; one module per theme."""

from models import dtypes, kinds, layouts, lookups, names, nested, trained

ALL = [
    fixture
    for theme in (trained, nested, lookups, names, dtypes, layouts, kinds)
    for fixture in theme.FIXTURES
]
