"""The clinic's service: what instruments send is validated, stored once, receipted after the commit, and shown.

One room for each step of the data's way: ``subscriber`` takes messages from the broker, ``ingestion`` decides on each,
``store`` keeps them, ``pictures`` takes the files that travel apart, ``pages`` shows both, ``service`` composes them.
Who may come in at all is decided in ``identity``.
"""
