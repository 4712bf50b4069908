"""What Sphinx needs to know to build the site."""

import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PYPROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))

project = "Hedging altcoins"
author = _PYPROJECT["project"]["authors"][0]["name"]
copyright = author
html_title = "Hedging altcoins with coin-margined futures"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "scripts.site.extension",
]
root_doc = "index"
default_role = "code"

nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_ipywidgets_js = {}
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
maximum_signature_line_length = 80
napoleon_google_docstring = False
# Its words of a type would be looked up as names.
napoleon_use_param = False
napoleon_use_rtype = False

html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"
html_static_path = [str(_ROOT / "docs" / "site" / "static")]
html_css_files = ["workbook.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": False,
    "navbar_persistent": [],
}
