"""channels and streams that show a match which is gone show none

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    matches = sa.table("matches", sa.column("id", sa.String))
    for name in ("channels", "streams"):
        table = sa.table(name, sa.column("match_id", sa.String))
        gone = table.c.match_id.is_not(None) & table.c.match_id.not_in(sa.select(matches.c.id))
        op.execute(table.update().where(gone).values(match_id=None))


def downgrade() -> None:
    """What the links were is not known any more."""
