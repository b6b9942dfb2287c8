"""match feeds

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("feed", sa.JSON(none_as_null=True), nullable=True))

    op.create_table(
        "match_feeds",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("match_id", sa.String(length=26), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("base_url", sa.String(length=300), nullable=False),
        sa.Column("interval_ms", sa.Integer(), nullable=False),
        sa.Column("coverage", sa.String(length=10), nullable=False),
        sa.Column("api_key_env", sa.String(length=100), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("redirect_hosts", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("config_version", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_try_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_good_ms", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("breaker", sa.String(length=10), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("stated", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["match_id"], ["matches.id"], name=op.f("fk_match_feeds_match_id_matches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_feeds")),
        sa.UniqueConstraint("match_id", "provider", name=op.f("uq_match_feeds_match_id_provider")),
    )
    op.create_table(
        "match_feed_events",
        sa.Column("feed_id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["match_feeds.id"], name=op.f("fk_match_feed_events_feed_id_match_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("feed_id", "event_id", name=op.f("pk_match_feed_events")),
    )
    op.create_table(
        "match_feed_raw",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("feed_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["match_feeds.id"], name=op.f("fk_match_feed_raw_feed_id_match_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_feed_raw")),
    )
    with op.batch_alter_table("match_feed_raw", schema=None) as batch_op:
        batch_op.create_index("ix_match_feed_raw_feed_id", ["feed_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("match_feed_raw", schema=None) as batch_op:
        batch_op.drop_index("ix_match_feed_raw_feed_id")

    op.drop_table("match_feed_raw")
    op.drop_table("match_feed_events")
    op.drop_table("match_feeds")
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.drop_column("feed")
