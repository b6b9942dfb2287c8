"""who entered an event by hand

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("match_events", sa.Column("entered_by", sa.String(26), nullable=True))
    op.add_column("match_events", sa.Column("entered_name", sa.String(60), nullable=True))


def downgrade() -> None:
    op.drop_column("match_events", "entered_name")
    op.drop_column("match_events", "entered_by")
