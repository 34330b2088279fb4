"""What the browser gets of a widget: its script and style, behind what all widgets share.

The files are joined, because a page that shows a notebook cannot ask for a
second one: anywidget sends each widget's script as one text.
"""

from pathlib import Path

PAGE = Path(__file__).with_name("page.js")


def script(*paths: Path) -> str:
    """Returns the script of a widget.

    Args:
        paths: its files, in their order. They are one module together with
            `page.js`, so that a name is theirs or the page's, and the last
            one has the `export default`.

    Returns:
        JavaScript, as anywidget takes it for `_esm`.

    Example:
        >>> text = script(Path(__file__).with_name("shared_digit.js"))
        >>> text.count("function create("), text.count("export default")
        (1, 1)
    """
    return _joined(PAGE, *paths)


def style(*paths: Path) -> str:
    """Returns the style of a widget.

    Args:
        paths: its files, in their order, behind `page.css`.

    Returns:
        CSS, as anywidget takes it for `_css`.

    Example:
        >>> style(Path(__file__).with_name("shared_digit.css")).count("--mnistlab-ink:")
        1
    """
    return _joined(PAGE.with_suffix(".css"), *paths)


def _joined(*paths: Path) -> str:
    return "\n\n".join(path.read_text("utf-8") for path in paths)
