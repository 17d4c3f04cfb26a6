"""PubMed's E-utilities over HTTP: lists of PMIDs (SearchResult) and answers of records, as bytes.

``client`` asks and judges what came, ``timing`` keeps to PubMed's rate and tries again.
"""
