"""Rows survive being written, read, and cut off."""

from svgai.training.rows import ROWS, read_rows, write_rows
from tests.svgai.training.invented import learnable_rows


def test_rows_come_back_as_they_were(tmp_path):
    rows = learnable_rows(6)
    write_rows(tmp_path, rows)

    assert sorted(rows, key=lambda row: row.picture) == sorted(read_rows(tmp_path), key=lambda row: row.picture)


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    rows = learnable_rows(4)
    write_rows(tmp_path, rows)
    text = (tmp_path / ROWS).read_text()
    (tmp_path / ROWS).write_text(text[:-40])

    assert [row.picture for row in read_rows(tmp_path)] == sorted(row.picture for row in rows[:3])


def test_no_rows_are_no_error(tmp_path):
    assert read_rows(tmp_path) == []
