"""Settings of JupyterLab for this course; the README's command names this file."""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - Jupyter defines it

# In a container root is often the only user. The server still listens on this
# machine alone and asks for its token.
c.ServerApp.allow_root = True

# Kernels inherit this, so that even a first cell that comes too early is explained.
os.environ.setdefault(
    "PYTHONSTARTUP", str(Path(__file__).resolve().parent / "tools" / "kernel_startup.py")
)

# Lets a widget's button open code as a new cell of the notebook (window.jupyterapp in the
# page). A widget's script runs in that page anyway.
c.LabApp.expose_app_in_browser = True
