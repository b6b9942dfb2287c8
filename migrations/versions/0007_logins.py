"""logins with an end, repeated refreshes, disabled accounts

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("ended_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("disabled_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("disabled_until_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("disabled_reason", sa.String(length=300), nullable=True))
        batch_op.create_index("ix_users_ended_ms", ["ended_ms"], unique=False)

    op.create_table(
        "logins",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_logins_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
    )
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.create_index("ix_logins_user_id", ["user_id"], unique=False)
        batch_op.create_index("ix_logins_ends_ms", ["ends_ms"], unique=False)
    # Whoever is signed in stays so, for as long as somebody who signs in now: 90 days.
    op.execute(
        "INSERT INTO logins (id, user_id, created_ms, used_ms, ends_ms) "
        "SELECT family, MIN(user_id), MIN(created_ms), MAX(created_ms), MAX(created_ms) + 7776000000 "
        "FROM refresh_tokens GROUP BY family"
    )
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("successor", sa.LargeBinary(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_refresh_tokens_family_logins"), "logins", ["family"], ["id"], ondelete="CASCADE"
        )


def downgrade() -> None:
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_refresh_tokens_family_logins"), type_="foreignkey")
        batch_op.drop_column("successor")
    op.drop_table("logins")
    op.drop_index("ix_users_ended_ms", table_name="users")
    # Not by a copy of the table: SQLite would delete with it what belongs to its rows.
    for name in ("disabled_reason", "disabled_until_ms", "disabled_ms", "ended_ms", "generation"):
        op.drop_column("users", name)
