"""A topic of PubMed into the archive, complete and at PubMed's rate; hands on a HarvestReport.

``planning`` says which days to read, ``delivery`` fetches until every PMID is accounted for,
``topic_harvest`` stores what came, slice by slice.
"""
