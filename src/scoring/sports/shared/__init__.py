"""What the sports share: no module here knows a particular sport; `scoring.sports` says which there are."""
