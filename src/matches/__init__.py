"""The record of matches: one writer, many readers.

`touchline.app` builds it; feeds reach it by `matches.feed_port`. What events come to is said by `scoring`; a row of
`matches` is changed in `matches.writer` and nowhere else. Words: docs/reference/glossary.md; one event's way:
docs/explanation/match-event.md.
"""
