"""Papers: pure reads into frozen dataclasses, and one renderer per format that writes them."""
