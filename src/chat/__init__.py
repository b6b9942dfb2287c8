"""The chat of a channel: writing, reading, and its part of the channel's snapshot.

`touchline.features` builds it. It knows channels by a port alone, and never reads what people write as anything but
text. Words: docs/reference/glossary.md; one message's way: docs/explanation/chat-message.md.
"""
