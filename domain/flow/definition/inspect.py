"""What a flow is made of: how large it is and which results it collects."""

from typing import Any

from domain.flow.definition.model import Flow, SwitchRouter


def inspect(flow: Flow) -> dict[str, Any]:
    """{counts: {nodes}, results: [{key, name, categories, node_uuids}]}"""
    results: dict[str, dict[str, Any]] = {}
    for node in flow.nodes:
        router = node.router
        if isinstance(router, SwitchRouter) and router.result_name:
            key = router.result_name.lower().replace(" ", "_")
            result = results.setdefault(
                key, {"key": key, "name": router.result_name, "categories": [], "node_uuids": []}
            )
            result["categories"] += [c.name for c in router.categories if c.name not in result["categories"]]
            result["node_uuids"].append(node.uuid)
    return {"counts": {"nodes": len(flow.nodes)}, "results": list(results.values())}
