"""What a kernel runs before its first cell: it has a cell that comes too early explained.

jupyter_server_config.py names this file in PYTHONSTARTUP. A kernel of another
environment, which has no mnistlab, starts as usual; so does one whose settings
are wrong, as the first cell that imports mnistlab says so.
"""


def _explain_name_errors():
    try:
        from mnistlab import cell_order
    except Exception:
        return
    cell_order.explain_name_errors()


_explain_name_errors()
del _explain_name_errors
