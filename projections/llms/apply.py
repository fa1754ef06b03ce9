"""Language models: {uuid, id, name, type, url, model, api_key?, created_on}."""

from pathlib import Path

from projections.documents import put, tables_of_documents

PROJECTION = tables_of_documents("llms", Path(__file__).parent, {"llm_added": put("llm")})
