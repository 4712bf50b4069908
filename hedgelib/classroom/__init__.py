"""A class: personal numbers, marking, and the pages that come of it. Needs the extra `[class]`."""
