"""The contact query language: `age > 18 AND group = "Testers"`.

    query = parse_query(text, environment, CatalogueResolver(fields, groups, flows))   # QueryError: code, sentence, extra
    str(query)                              # the one way to write it
    query.evaluate(environment, contact)    # whether a contact matches; compiled on first use
    query.reads, query.inspection           # what the answer depends on, what the query names

Groups that are kept by a query are `domain.contact.groups`; lists of contacts are `projections.contact_query_sql` and
`projections.contact_order_sql`, which give the same answers over the read model.
"""
