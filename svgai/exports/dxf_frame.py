"""All that a DXF holds beside its outlines, as Autodesk's "DXF Reference" of 2004 demands, the first with true colours.

Each line here is a group code and its value, which a file has on two. Handles are hexadecimal; those below 100 are
used here, the others are for layers and outlines.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, TypeAlias

Lines: TypeAlias = list[str]

MODEL_SPACE: Final = "1F"
"""The handle of what owns everything that is drawn."""
_PAPER_SPACE = "1B"


def file(width: float, height: float, layers: Iterable[Lines], outlines: Iterable[Lines], next_handle: int) -> bytes:
    """The whole file; sizes are in millimetres. Line by line, since a DXF is many times as long as its SVG."""
    data = io.BytesIO()
    for line in chain.from_iterable(_parts(width, height, layers, outlines, next_handle)):
        data.write(f"{line}\n".replace(" ", "\n", 1).encode("ascii"))
    return data.getvalue()


def layer(handle: int, name: str, colours: Lines) -> Lines:
    return _record("LAYER", f"{handle:X}", "2", "AcDbLayerTableRecord", name, *colours, "6 Continuous")


def number(value: float) -> str:
    """To a hundred-thousandth of a millimetre; never without its point, by which some readers know it."""
    text = f"{value:.5f}".rstrip("0")
    return "0.0" if text in ("0.", "-0.") else text + "0" * text.endswith(".")


def place(point: complex) -> Lines:
    return [f"10 {number(point.real)}", f"20 {number(point.imag)}", "30 0.0"]


def _parts(
    width: float, height: float, layers: Iterable[Lines], outlines: Iterable[Lines], next_handle: int
) -> Iterator[Iterable[str]]:
    yield _section("HEADER", [_header(width, height, next_handle)])
    yield _section("CLASSES", [])
    yield _section("TABLES", _tables(width, height, layers))
    yield _section(
        "BLOCKS", [_block("*Model_Space", MODEL_SPACE, "20", "21"), _block("*Paper_Space", _PAPER_SPACE, "22", "23")]
    )
    yield _section("ENTITIES", outlines)
    yield _section("OBJECTS", [_dictionary("C", "0", "3 ACAD_GROUP", "350 D"), _dictionary("D", "C")])
    yield ["0 EOF"]


def _header(width: float, height: float, next_handle: int) -> Lines:
    """$INSUNITS 4 and $MEASUREMENT 1 are millimetres."""
    return [
        *("9 $ACADVER", "1 AC1018"),
        *("9 $DWGCODEPAGE", "3 ANSI_1252"),
        *("9 $INSUNITS", "70 4"),
        *("9 $MEASUREMENT", "70 1"),
        *("9 $EXTMIN", *place(0)),
        *("9 $EXTMAX", *place(complex(width, height))),
        *("9 $HANDSEED", f"5 {next_handle:X}"),
    ]


def _tables(width: float, height: float, layers: Iterable[Lines]) -> list[Lines]:
    return [
        _table("VPORT", "8", _view(width, height)),
        _table("LTYPE", "5", _line_type("14", "ByBlock"), _line_type("15", "ByLayer"), _line_type("16", "Continuous")),
        _table("LAYER", "2", layer(0x10, "0", ["62 7"]), *layers),
        _table("STYLE", "3", _text_style()),
        _table("VIEW", "6"),
        _table("UCS", "7"),
        _table("APPID", "9", _record("APPID", "12", "9", "AcDbRegAppTableRecord", "ACAD")),
        _table("DIMSTYLE", "A", _dimension_style()),
        _table(
            "BLOCK_RECORD", "1", _block_record(MODEL_SPACE, "*Model_Space"), _block_record(_PAPER_SPACE, "*Paper_Space")
        ),
    ]


def _view(width: float, height: float) -> Lines:
    """What is seen first: all of it."""
    middle = [f"12 {number(width / 2)}", f"22 {number(height / 2)}"]
    size = [f"40 {number(height)}", f"41 {number(width / height)}"]
    corners = ["10 0.0", "20 0.0", "11 1.0", "21 1.0"]
    return _record("VPORT", "30", "8", "AcDbViewportTableRecord", "*Active", *corners, *middle, *size)


def _line_type(handle: str, name: str) -> Lines:
    return _record("LTYPE", handle, "5", "AcDbLinetypeTableRecord", name, "3 ", "72 65", "73 0", "40 0.0")


def _text_style() -> Lines:
    sizes = ["40 0.0", "41 1.0", "50 0.0", "71 0", "42 2.5"]
    return _record("STYLE", "11", "3", "AcDbTextStyleTableRecord", "Standard", *sizes, "3 txt", "4 ")


def _dimension_style() -> Lines:
    return _record("DIMSTYLE", "27", "A", "AcDbDimStyleTableRecord", "Standard")


def _block_record(handle: str, name: str) -> Lines:
    return _record("BLOCK_RECORD", handle, "1", "AcDbBlockTableRecord", name, "340 0")


def _section(name: str, parts: Iterable[Lines]) -> Iterator[str]:
    yield from ("0 SECTION", f"2 {name}")
    yield from chain.from_iterable(parts)
    yield "0 ENDSEC"


def _table(name: str, handle: str, *records: Lines) -> Lines:
    head = ["0 TABLE", f"2 {name}", f"5 {handle}", "330 0", "100 AcDbSymbolTable", f"70 {len(records)}"]
    if name == "DIMSTYLE":
        head.append("100 AcDbDimStyleTable")
    return [*head, *chain.from_iterable(records), "0 ENDTAB"]


def _record(kind: str, handle: str, table: str, subclass: str, name: str, *rest: str) -> Lines:
    """An entry of a table. The handle of a dimension style has a code of its own, and records of blocks no flags."""
    code = 105 if kind == "DIMSTYLE" else 5
    flags = [] if kind == "BLOCK_RECORD" else ["70 0"]
    head = [f"0 {kind}", f"{code} {handle}", f"330 {table}", "100 AcDbSymbolTableRecord", f"100 {subclass}"]
    return [*head, f"2 {name}", *flags, *rest]


def _block(name: str, record: str, begin: str, end: str) -> Lines:
    owner = [f"330 {record}", "100 AcDbEntity", "8 0"]
    head = ["0 BLOCK", f"5 {begin}", *owner, "100 AcDbBlockBegin", f"2 {name}", "70 0", *place(0), f"3 {name}", "1 "]
    return [*head, "0 ENDBLK", f"5 {end}", *owner, "100 AcDbBlockEnd"]


def _dictionary(handle: str, owner: str, *entries: str) -> Lines:
    return ["0 DICTIONARY", f"5 {handle}", f"330 {owner}", "100 AcDbDictionary", "281 1", *entries]
