"""Sound: sources in by Icecast's protocol, blocks on one timeline through Redis, players out.

`touchline.features` builds it. It reaches channels and listeners by ports alone, and never decides what is on air: it
says that a source is heard or lost. Its words are in docs/reference/glossary.md, its way in docs/explanation/sound.md.
"""
