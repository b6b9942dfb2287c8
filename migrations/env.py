"""Alembic's entry: runs the migrations on the connection that `touchline.migrate` hands over."""

from alembic import context

from touchline.migrate import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=True,  # SQLite changes a column by copying its table
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
