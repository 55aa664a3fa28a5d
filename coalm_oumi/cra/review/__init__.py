"""Human review of CRA dialogues: a sample, a page to score it on, rates and agreement.

`dialogues` reads what is to be reviewed and draws the sample, `schemas` finds the
functions to show beside it, `page` writes the page, `scores` reads what reviewers saved,
`rates` and `agreement` count. Nothing here imports Oumi.
"""
