"""The Archive: one SQLite file that keeps the newest version of every record, and hands it on.

``archive`` is the way in, and knows what a reader has not taken; ``records`` has the rule of which
version stays, ``slices`` what was harvested and what is missing, ``ledger`` the runs, ``schema``
the tables.
"""
