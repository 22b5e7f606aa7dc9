"""What the picture is drawn with: boxes, stores, arrows and labels, as SVG elements."""

from xml.sax.saxutils import escape

# Every colour is a class, so that a dark page gets its own. The picture has a ground of its own, and is legible on any.
STYLE = """
text { font-family: Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; font-size: 13px; fill: #24292f; text-anchor: middle }
.head { font-weight: bold; font-size: 15px }
.left { text-anchor: start }
.note { fill: #57606a }
.ground { fill: #ffffff; stroke: #d0d7de }
.frame { fill: #f6f8fa; stroke: #8c959f }
.plain { fill: #ffffff; stroke: #57606a }
.blue { fill: #ddf4ff; stroke: #0969da }
.green { fill: #dafbe1; stroke: #1a7f37 }
.violet { fill: #fbefff; stroke: #8250df }
.number { fill: #24292f }
.digit { fill: #ffffff; font-weight: bold; font-size: 12px }
.way { fill: none; stroke: #57606a; stroke-width: 1.8 }
.dash { stroke-dasharray: 5 4 }
.tip { fill: #57606a }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9da7b3 }
  .ground { fill: #0d1117; stroke: #30363d }
  .frame { fill: #161b22; stroke: #6e7681 }
  .plain { fill: #21262d; stroke: #9da7b3 }
  .blue { fill: #0c2d6b; stroke: #58a6ff }
  .green { fill: #033a16; stroke: #3fb950 }
  .violet { fill: #3c1e70; stroke: #bc8cff }
  .number { fill: #e6edf3 }
  .digit { fill: #0d1117 }
  .way { stroke: #9da7b3 }
  .tip { fill: #9da7b3 }
}
"""


class Canvas:
    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(description)}</desc>',
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
            ' markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0,0 10,5 0,10z"/></marker></defs>',
            f'<rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10"/>',
        ]

    def box(self, kind: str, x: int, y: int, width: int, height: int, head: str = "", *notes: str) -> None:
        """A rounded box, its text in the middle."""
        self.parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>')
        self._lines(x + width // 2, y + height // 2, head, notes)

    def store(self, kind: str, x: int, y: int, width: int, height: int, head: str, *notes: str) -> None:
        """A drum: what keeps data."""
        right, low, half = x + width, y + height - 8, width / 2
        self.parts.append(
            f'<path class="{kind}" d="M{x},{y + 8} a{half:g},8 0 0 1 {width},0 V{low} a{half:g},8 0 0 1 {-width},0 z"/>'
            f'<path class="{kind}" style="fill:none" d="M{x},{y + 8} a{half:g},8 0 0 0 {width},0"/>'
        )
        self._lines((x + right) // 2, y + height // 2 + 6, head, notes)

    def frame(self, x: int, y: int, width: int, height: int, head: str, note: str) -> None:
        """Holds what is drawn after it."""
        self.parts.append(f'<rect class="frame" x="{x}" y="{y}" width="{width}" height="{height}" rx="12"/>')
        self.parts.append(
            f'<text class="left" x="{x + 16}" y="{y + 24}"><tspan class="head">{escape(head)}</tspan>'
            f'<tspan class="note" dx="10">{escape(note)}</tspan></text>'
        )

    def number(self, number: int, x: int, y: int) -> None:
        self.parts.append(f'<circle class="number" cx="{x}" cy="{y}" r="9"/><text class="digit" x="{x}" y="{y + 4}">{number}</text>')

    def way(self, path: str, dashed: bool = False, tip: bool = True) -> None:
        """An arrow along an SVG path."""
        end = ' marker-end="url(#tip)"' if tip else ""
        self.parts.append(f'<path class="way{" dash" if dashed else ""}" d="{path}"{end}/>')

    def note(self, x: int, y: int, text: str, kind: str = "note") -> None:
        self.parts.append(f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>')

    def text(self) -> str:
        return "\n".join([*self.parts, "</svg>", ""])

    def _lines(self, x: int, middle: int, head: str, notes: tuple[str, ...]) -> None:
        y = middle + 5 - 8 * len(notes)
        self.parts.append(f'<text class="head" x="{x}" y="{y}">{escape(head)}</text>')
        for number, line in enumerate(notes, 1):
            self.parts.append(f'<text class="note" x="{x}" y="{y + 17 * number}">{escape(line)}</text>')
