"""GLA-GCN: its architecture, graph, blocks and the two variants of the network.

Nothing is imported here, so that `architecture` and `--help` do not load torch.
"""
