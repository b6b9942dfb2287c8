"""How scores come in: providers, recorded files, Kafka, and the simulator.

`touchline.app` builds it, `touchline replay` and `touchline simulate` use it. It reaches matches by the port in
`feeds.ports` alone, and never changes one itself. Words: docs/reference/glossary.md.
"""
