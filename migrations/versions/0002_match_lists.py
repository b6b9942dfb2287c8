"""what lists of matches are ordered and found by

Revision ID: 0002
Revises: 0001
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WORD = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("competition_id", sa.String(length=100), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("place", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.drop_index("ix_matches_status_id")
    words = op.create_table(
        "match_words",
        sa.Column("word", _WORD, nullable=False),
        sa.Column("match_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["match_id"], ["matches.id"], name=op.f("fk_match_words_match_id_matches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "match_id", name=op.f("pk_match_words")),
    )
    _fill(words)
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.alter_column("competition_id", server_default=None)
        batch_op.alter_column("place", server_default=None)
        batch_op.create_index("ix_matches_place", ["place", "id"], unique=False)
        batch_op.create_index("ix_matches_scheduled", ["scheduled_ms", "id"], unique=False)
        batch_op.create_index("ix_matches_sport_place", ["sport", "place", "id"], unique=False)
        batch_op.create_index("ix_matches_status_place", ["status", "place", "id"], unique=False)
        batch_op.create_index("ix_matches_competition_place", ["competition_id", "place", "id"], unique=False)
    with op.batch_alter_table("match_words", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_words_match_id"), ["match_id"], unique=False)


def _fill(words: sa.Table) -> None:
    # As matches.listing had it when this was written.
    matches = sa.table(
        "matches",
        sa.column("id", sa.String), sa.column("status", sa.String), sa.column("scheduled_ms", sa.BigInteger),
        sa.column("venue", sa.String), sa.column("competition", sa.JSON), sa.column("competitors", sa.JSON),
        sa.column("competition_id", sa.String), sa.column("place", sa.BigInteger),
    )  # fmt: skip
    connection = op.get_bind()
    for row in connection.execute(sa.select(matches)).all():
        group = 10**15
        place = group + row.scheduled_ms if row.status in ("scheduled", "delayed") else 3 * group - row.scheduled_ms
        if row.status in ("live", "break", "interrupted", "suspended"):
            place = row.scheduled_ms
        connection.execute(
            matches.update().where(matches.c.id == row.id).values(competition_id=row.competition["id"], place=place)
        )
        texts = [one[name] for one in row.competitors for name in ("name", "abbreviation")]
        texts += [row.venue, *(row.competition.get(name) for name in ("name", "season", "stage", "round"))]
        text = unicodedata.normalize("NFKD", " ".join(text for text in texts if text))
        plain = "".join(c for c in text if not unicodedata.combining(c)).casefold()
        found = list(dict.fromkeys(word[:40] for word in re.findall(r"[^\W_]+", plain)))[:60]
        connection.execute(words.insert(), [{"word": word, "match_id": row.id} for word in found])
