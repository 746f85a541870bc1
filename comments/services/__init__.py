"""The rules: each function is one transaction, raises named errors, and records its events."""
