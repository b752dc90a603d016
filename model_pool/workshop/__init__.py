"""Offline preparation of the checkpoints that the pool serves; extra `[workshop]`, never imported by serving.

A step reads artifacts (checkpoints, corpora) and writes a new one, with its lineage. `steps.py` lists the steps,
`workspace.py` runs one, `recipe.py` a file of them. No module here imports torch before a step runs.
"""
