r"""Sheets of A4 that fill from above: text in a font with Latin, Greek and Cyrillic letters, tables, a drawing.

reportlab writes the PDF: BSD, long kept, vectors and embedded subsets of fonts, and the same bytes for the same
content. A character that the font lacks, or that is not printed, stands as \u{…}: nothing is left out unseen.
"""

import io
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import font_source_sans_pro
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from muniment.hashing import keccak_bytes

WIDTH, HEIGHT = A4
MARGIN: Final = 48.0  # points, 17 mm
FOOT: Final = 84.0  # where the body ends
_FONTS: Final = {"Text": "SourceSansPro-Regular.ttf", "Strong": "SourceSansPro-Semibold.ttf"}
_GREY: Final = (0.35, 0.35, 0.35)


class Sheets:
    """A document in the making. `y` is where the next thing goes, from the page's lower edge."""

    def __init__(self, title: str, made_at: int, foot: Callable[["Sheets", int], None]) -> None:
        """Begin; `made_at` (Unix seconds) is the date in the file, `foot` draws what stands below each page."""
        self._buffer = io.BytesIO()
        self.canvas: Any = Canvas(
            self._buffer, pagesize=A4, pdfVersion=(1, 7), invariant=1, pageCompression=1, lang="en"
        )
        self._fonts = {name: _font(name, file) for name, file in _FONTS.items()}
        stamp = self.canvas._doc._timeStamp
        stamp.t, stamp.lt = made_at, time.gmtime(made_at)
        stamp.YMDhms = tuple(stamp.lt)[:6]
        self.canvas.setTitle(self.shown(title))
        self.canvas.setCreator("Muniment")
        self._foot, self._page = foot, 1
        self.y = HEIGHT - MARGIN

    def shown(self, text: str, font: str = "Text") -> str:
        """Text as it can be printed."""
        known = self._fonts[font].face.charToGlyph
        return "".join(one if one.isprintable() and ord(one) in known else f"\\u{{{ord(one):x}}}" for one in text)

    def write(
        self,
        text: str,
        x: float = MARGIN,
        size: float = 9,
        font: str = "Text",
        width: float | None = None,
        grey: bool = False,
    ) -> None:
        """Text from `x` on, in lines of `width` points, below what stands there."""
        for line in self._lines(self.shown(text, font), size, font, width or WIDTH - MARGIN - x):
            self._room(size * 1.35)
            self.y -= size * 1.35
            self._put(line, x, self.y, size, font, grey)

    def at(self, text: str, x: float, y: float, size: float = 7, grey: bool = True) -> None:
        """One line at a place; what is too long for the page is cut into more lines below."""
        for number, line in enumerate(self._lines(self.shown(text), size, "Text", WIDTH - MARGIN - x)):
            self._put(line, x, y - number * size * 1.3, size, "Text", grey)

    def heading(self, text: str) -> None:
        """A section begins; it does not stand alone at a page's end."""
        self._room(44)
        self.y -= 10
        self.write(text, size=11, font="Strong")
        self.canvas.setLineWidth(0.5)
        self.canvas.line(MARGIN, self.y - 3, WIDTH - MARGIN, self.y - 3)
        self.y -= 5

    def table(self, widths: Sequence[float], rows: Iterable[Sequence[str]], size: float = 8) -> None:
        """Rows of cells, each as high as its longest cell; a row is never torn between pages."""
        for row in rows:
            cells = [
                self._lines(self.shown(cell), size, "Text", width - 6) for cell, width in zip(row, widths, strict=True)
            ]
            high = max(map(len, cells)) * size * 1.3 + 3
            self._room(high)
            x = MARGIN
            for lines, width in zip(cells, widths, strict=True):
                for number, line in enumerate(lines):
                    self._put(line, x, self.y - (number + 1) * size * 1.3, size, "Text", grey=False)
                x += width
            self.y -= high

    def polygon(self, rings: Iterable[Sequence[tuple[float, float]]], fill: float | None, width: float) -> None:
        """A shape of closed rings, holes left out of its grey; places in points."""
        path = self.canvas.beginPath()
        for ring in rings:
            path.moveTo(*ring[0])
            for point in ring[1:]:
                path.lineTo(*point)
            path.close()
        self.canvas.setLineWidth(width)
        if fill is not None:
            self.canvas.setFillGray(fill)
        self.canvas.drawPath(path, stroke=1, fill=int(fill is not None), fillMode=0)
        self.canvas.setFillGray(0)

    def attach(self, name: str, content: bytes, kind: str, said: str) -> None:
        """Embed a file (ISO 32000-1, 7.11.4), as data that the pages rest on."""
        document = self.canvas._doc
        header = {"Type": PDFName("EmbeddedFile"), "Subtype": "/" + kind.replace("/", "#2F")}
        header["Params"] = PDFDictionary({"Size": len(content)})
        stream = document.Reference(PDFStream(PDFDictionary(header), content))
        spec = {"Type": PDFName("Filespec"), "F": PDFString(name), "UF": PDFString(name), "Desc": PDFString(said)}
        spec |= {"AFRelationship": PDFName("Data"), "EF": PDFDictionary({"F": stream, "UF": stream})}
        named = document.Reference(PDFDictionary(spec))
        files = PDFDictionary({"Names": PDFArray([PDFString(name), named])})
        catalog = document.Catalog
        catalog.Names = PDFDictionary({"EmbeddedFiles": files})
        catalog.AF = PDFArray([named])
        catalog.__NoDefault__ = [*catalog.__NoDefault__, "AF"]

    def finish(self) -> bytes:
        """The document."""
        self._foot(self, self._page)
        self.canvas.showPage()
        self.canvas.save()
        return self._buffer.getvalue()

    def _room(self, high: float) -> None:
        """Go to the next page unless so much room is left."""
        if self.y - high >= FOOT:
            return
        self._foot(self, self._page)
        self.canvas.showPage()
        self._page += 1
        self.y = HEIGHT - MARGIN

    def _put(self, line: str, x: float, y: float, size: float, font: str, grey: bool) -> None:
        self.canvas.setFont(self._fonts[font].fontName, size)
        self.canvas.setFillColorRGB(*(_GREY if grey else (0, 0, 0)))
        self.canvas.drawString(x, y, line)
        self.canvas.setFillGray(0)

    def _lines(self, text: str, size: float, font: str, width: float) -> list[str]:
        """Text in lines: broken at spaces, and within a word only where it alone is too long."""
        measure = self._fonts[font].stringWidth
        lines, line = [], ""
        for word in text.split(" "):
            joined = f"{line} {word}" if line else word
            if measure(joined, size) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            line = word
            while measure(line, size) > width:
                cut = max(1, next(at for at in range(len(line), 0, -1) if at == 1 or measure(line[:at], size) <= width))
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line]


def _font(name: str, file: str) -> Any:
    path = Path(font_source_sans_pro.__file__).parent / "files" / file
    # Each document its own font: reportlab keeps what a document used with the font, and documents are made at once.
    font = TTFont(f"{name}{keccak_bytes(file.encode()).hex()[:4]}", str(path))
    pdfmetrics.registerFont(font)
    return font
