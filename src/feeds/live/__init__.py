"""What runs the configured feeds: the supervisor on the leading worker, and a runner for each feed.

`feeds.module` starts the supervisor. Which feeds there are is decided elsewhere (`feeds.service`), never here.
"""
