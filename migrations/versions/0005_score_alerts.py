"""score alerts

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "match_score_alerts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("match_id", sa.String(length=26), nullable=False),
        sa.Column("feed_id", sa.String(length=26), nullable=True),
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=True),
        sa.Column("stated", sa.JSON(), nullable=False),
        sa.Column("folded", sa.JSON(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["match_feeds.id"],
            name=op.f("fk_match_score_alerts_feed_id_match_feeds"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"], ["matches.id"], name=op.f("fk_match_score_alerts_match_id_matches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_score_alerts")),
    )
    with op.batch_alter_table("match_score_alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_score_alerts_match_id"), ["match_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_match_score_alerts_feed_id"), ["feed_id"], unique=False)


def downgrade() -> None:
    op.drop_table("match_score_alerts")
