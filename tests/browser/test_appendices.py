"""Glossary and claims in a real JupyterLab: things are found, by words alone too."""

import pytest
from playwright.sync_api import expect

from hedgelib.course.claims import CLAIMS, GROUPS, claims
from hedgelib.course.glossary import FIELDS, TERMS, terms
from tests.labtools import PATIENCE_SECONDS

PATIENCE = PATIENCE_SECONDS * 1000


class Finder:
    """The one finder of a notebook."""

    def __init__(self, page):
        self.page = page
        self.whole = page.locator(".hedge-explorer")
        self.sentence = self.whole.locator("output.sentence")

    def shows(self, found, total, elsewhere=""):
        told = f"{len(found)} of {total}.{elsewhere}"
        expect(self.sentence).to_have_text(told, timeout=PATIENCE)
        rows = ["".join(one.row) for one in found]
        expect(self.whole.locator("tbody tr")).to_have_text(rows, timeout=PATIENCE)

    def words(self, text):
        self.whole.get_by_label("Words", exact=True).fill(text)

    def choose(self, label, option):
        self.whole.get_by_label(label, exact=True).select_option(option)

    def reset(self):
        self.whole.get_by_role("button", name="Reset", exact=True).press("Enter")


@pytest.fixture
def opened(open_notebook, outside_requests, page_errors):
    def open_one(name):
        lesson = open_notebook(name)
        lesson.run_all()
        return Finder(lesson.page)

    yield open_one
    assert outside_requests == []
    assert page_errors == []


def test_claims_are_found(opened):
    finder = opened("B_claims.ipynb")
    finder.shows(CLAIMS, "132 claims")
    finder.words("liquidation rally")
    finder.shows(claims(words="liquidation rally"), "132 claims")
    finder.words("")
    finder.choose("Verdict", "○ opinion")
    finder.shows(claims("opinion"), "132 claims")
    finder.choose("Verdict", "all")
    finder.choose("Part", GROUPS["risks"])
    finder.shows(claims(group="risks"), "132 claims")
    finder.words("funding")
    finder.shows(claims(group="risks", words="funding"), "132 claims")
    finder.choose("Part", "all")
    finder.words("wrong contract")
    finder.shows(claims(words="wrong contract"), "132 claims")
    finder.words("nothing of the kind")
    finder.shows((), "132 claims")
    finder.reset()
    finder.shows(CLAIMS, "132 claims")


def test_terms_are_found(opened):
    finder = opened("A_glossary.ipynb")
    finder.shows(TERMS, f"{len(TERMS)} terms")
    finder.words("gearing")
    finder.shows(terms(words="gearing"), f"{len(TERMS)} terms")
    finder.reset()
    finder.shows(TERMS, f"{len(TERMS)} terms")
    finder.choose("Field", FIELDS["carry"])
    finder.shows(terms("carry"), f"{len(TERMS)} terms")
    finder.words("ADL")
    there = f" There are some in: {FIELDS['margin']} (1)."
    finder.shows((), f"{len(TERMS)} terms", there)
    finder.choose("Field", "all")
    finder.shows(terms(words="ADL"), f"{len(TERMS)} terms")
