"""GLA-GCN: its architecture, graph, blocks and the two variants of the network.

Nothing is imported here: `architecture` is free of torch and `--help` must stay so.
"""
